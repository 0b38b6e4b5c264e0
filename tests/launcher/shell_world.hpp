#pragma once

#include "launcher/shell.hpp"
#include "tests/launcher/process_world.hpp"
#include "tests/support/scratch_directory.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::testing {

/// One command and what was told of it.
struct observed_command {
  std::optional<launcher::command_control> control;
  std::string live_out;
  std::string live_err;
  std::vector<launcher::command_result> results;

  [[nodiscard]] bool ended() const { return !results.empty(); }
  [[nodiscard]] const launcher::command_result& result() const { return results.at(0); }
  [[nodiscard]] int exit_code() const { return result().exit_code; }
  [[nodiscard]] const std::string& out() const { return result().out->memory(); }
  [[nodiscard]] const std::string& err() const { return result().err->memory(); }
};
using observed_command_ptr = std::shared_ptr<observed_command>;

/// One shell and what was told of it, in order: "started", "prompt", "ended 7" or "ended: problem".
struct observed_shell {
  std::shared_ptr<launcher::shell> process;
  launcher::process_ids ids;
  std::vector<std::string> story;
  std::size_t prompts = 0;

  [[nodiscard]] bool ended() const { return !story.empty() && story.back().starts_with("ended"); }
};

/// A shell below an init.
class in_shell : public in_session {
protected:
  scratch_directory directory;
  std::string control = directory / "control";
  std::shared_ptr<observed_shell> shell;

  void SetUp() override {
    in_session::SetUp();
    if (!IsSkipped() && !HasFatalFailure())
      shell = start_shell();
  }

  launcher::shell_options options() {
    launcher::shell_options given;
    given.control_directory = control;
    given.environment = {"PATH=/usr/bin:/bin", "HOME=" + directory.path()};
    given.directory = directory.path();
    given.limits = [] { return launcher::command_limits{{}, std::chrono::milliseconds(300)}; };
    given.start_timeout = std::chrono::seconds(1);
    return given;
  }

  std::shared_ptr<observed_shell> start_shell() { return start_shell(options()); }
  std::shared_ptr<observed_shell> start_shell(launcher::shell_options given) {
    auto made = std::make_shared<observed_shell>();
    const std::weak_ptr<observed_shell> weak = made;
    const auto tell = [weak](const std::string& what) {
      if (const auto told = weak.lock())
        told->story.push_back(what);
    };
    made->process =
        launcher::shell::start(io, init->process, std::move(given),
                               {[tell, weak](launcher::process_ids ids) {
                                  tell("started");
                                  if (const auto told = weak.lock())
                                    told->ids = ids;
                                },
                                [tell, weak] {
                                  tell("prompt");
                                  if (const auto told = weak.lock())
                                    ++told->prompts;
                                },
                                [tell](std::optional<int> code, const std::string& problem) {
                                  tell(code ? "ended " + std::to_string(*code) : "ended: " + problem);
                                }});
    EXPECT_TRUE(wait_until([&] { return (made->prompts > 0 && made->ids.on_host != 0) || made->ended(); }));
    return made;
  }

  static launcher::command_events events(const observed_command_ptr& command) {
    return {[command](launcher::command_control control) { command->control = std::move(control); },
            [command](bool is_error, std::string bytes) {
              (is_error ? command->live_err : command->live_out) += bytes;
            },
            [command](launcher::command_result result) { command->results.push_back(std::move(result)); }};
  }

  observed_command_ptr start(launcher::shell_command command) {
    auto made = std::make_shared<observed_command>();
    shell->process->run(std::move(command), events(made));
    return made;
  }
  observed_command_ptr start_fork(launcher::shell_command command) {
    auto made = std::make_shared<observed_command>();
    shell->process->fork(std::move(command), events(made));
    return made;
  }

  /// Runs a command until its result is there and the shell takes another one, or has ended.
  observed_command_ptr run(launcher::shell_command command) {
    const auto text = command.text.substr(0, 200);
    const auto prompts = shell->prompts;
    auto made = start(std::move(command));
    EXPECT_TRUE(wait_until([&] { return made->ended() && (shell->prompts > prompts || shell->ended()); }))
        << text;
    return made;
  }
  using in_session::run;
  observed_command_ptr run(std::string text) { return run(launcher::shell_command{std::move(text)}); }

  /// What a command wrote on its standard output, which is expected to succeed.
  std::string out(const std::string& text) {
    const auto command = run(text);
    EXPECT_EQ(command->exit_code(), 0) << text << ": " << command->err();
    return command->out();
  }

  /// Runs a command in a fork to its end.
  observed_command_ptr fork(launcher::shell_command command) {
    const auto prompts = shell->prompts;
    auto made = start_fork(std::move(command));
    EXPECT_TRUE(wait_until([&] { return made->ended() && (shell->prompts > prompts || shell->ended()); }));
    return made;
  }
  observed_command_ptr fork(std::string text) { return fork(launcher::shell_command{std::move(text)}); }
};

} // namespace sandboxd::testing
