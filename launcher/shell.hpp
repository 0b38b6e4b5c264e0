#pragma once

#include "launcher/command_output.hpp"
#include "launcher/session_process.hpp"
#include "launcher/shell_command.hpp"
#include "launcher/shell_script.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sandboxd::launcher {

/// How a shell is started and bounded.
struct shell_options {
  std::string executable = "/bin/bash";
  /// Where its control files lie: in a directory of this path and a suffix of its own (mode 0700), made if
  /// missing, removed with the shell. The suffix is there because a shell and its replacement may exist at
  /// the same time: forks outlive their shell.
  std::string control_directory;
  /// "NAME=value" each; the whole environment.
  std::vector<std::string> environment;
  /// Working directory at the start (see `program::directory`).
  std::string directory;
  capture_limits capture;
  /// Between SIGTERM and SIGKILL for what exceeded its time.
  std::chrono::milliseconds kill_grace{5000};
};

/// A long-lived bash below a session's init that runs one command after another, and forks of it that run
/// beside.
///
///     starting -> at prompt <-> running -> ended
///                     ^            | timeout
///                     +-- calling back (the answer is already given)
///
/// Call-backs run on the strand of the `session_process`. `run` and `fork` may be called from any thread, but
/// only one command at a time may be under way at the prompt: the next one after `at_prompt`.
class shell : public std::enable_shared_from_this<shell> {
public:
  struct callbacks {
    /// The shell runs. Once; may come just after the first `at_prompt`, which takes another way.
    std::function<void(process_ids ids)> started;
    /// It takes a command.
    std::function<void()> at_prompt;
    /// It is gone, or could not be started; `exit_code` as a shell shows it, absent when nobody knows. The
    /// last call.
    std::function<void(std::optional<int> exit_code, const std::string& problem)> ended;
  };

  static std::shared_ptr<shell> start(asio::io_context& io, std::shared_ptr<session_process> init,
                                      shell_options options, callbacks events);
  ~shell();

  /// Runs a command in the shell itself. `events.finished` may come before `at_prompt`: a command that
  /// exceeded its time is answered at once and cleaned up afterwards.
  void run(shell_command command, command_events events);

  /// Runs a command in a fork of the shell; `at_prompt` comes as soon as the fork is under way.
  void fork(shell_command command, command_events events);

private:
  enum class state { starting, at_prompt, running, forking, calling_back, ended };

  /// What runs at the prompt or in a fork.
  struct running_command;
  using running_ptr = std::shared_ptr<running_command>;

  shell(asio::io_context& io, std::shared_ptr<session_process> init, shell_options options, callbacks events);

  void launch();
  void prepare_directory();
  void write_file(const std::string& name, const std::string& text) const;
  void replace_missing_files();
  void order(const std::string& lines);

  void begin_run(const running_ptr& job);
  void begin_fork(const running_ptr& job);
  void open_output(const running_ptr& job, const std::string& suffix);
  void go(const running_ptr& job, const std::string& lines);
  void start_timer(const running_ptr& job);
  void refuse(const running_ptr& job, const std::string& problem);
  static void reject(const running_ptr& job, const std::string& problem);
  void finish(const running_ptr& job, command_result::ending how, int exit_code);

  void wait_for_reports();
  void read_reports();
  void handle(const shell_script::report& report);
  void command_done(int status);
  void fork_waits(std::uint64_t number, pid_t pid);
  void fork_ended(const running_ptr& job, std::optional<int> status);
  void call_back();
  void settled();
  void return_to_prompt();
  void on_exit(std::optional<int> wait_status);
  void fail_start(int error);

  asio::io_context& io_;
  std::shared_ptr<session_process> init_;
  session_process::strand strand_;
  shell_options options_;
  callbacks events_;
  shell_script::shell_files files_;
  state state_ = state::starting;
  std::uint32_t program_ = 0;
  descriptor orders_; // writing end of the shell's standard input
  asio::posix::stream_descriptor reports_;
  std::string report_buffer_;
  std::uint64_t sequence_ = 0; // number of the last report asked for
  running_ptr foreground_;
  std::shared_ptr<command_output> spare_output_; // of an earlier command, ready for the next
  std::map<std::uint64_t, running_ptr> forks_;   // that have not begun to run
  bool traps_call_back_ = false;
  enum class mark_state { none, asked, fresh } mark_ = mark_state::none;
  std::function<void()> when_marked_;
  asio::steady_timer call_back_timer_;
  bool back_at_prompt_ = false; // while calling back: the shell has reported
  bool settled_ = false;        // while calling back: the init has
};

} // namespace sandboxd::launcher
