#pragma once

#include "config/programs.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/process_tree.hpp"
#include "launcher/session_process.hpp"
#include "launcher/spawner.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::testing {

/// How long a test waits for anything before it fails: far beyond what a loaded machine needs.
inline constexpr std::chrono::seconds patience{30};

inline std::shared_ptr<launcher::spawner> start_spawner(asio::io_context& io,
                                                        const launcher::spawner::options& how,
                                                        launcher::spawner::callbacks events) {
  const auto path = std::filesystem::path(SANDBOXD_PROGRAM_DIRECTORY) / config::programs::spawner;
  const launcher::descriptor program(::open(path.c_str(), O_PATH | O_CLOEXEC));
  return launcher::spawner::start(io, program, how, std::move(events));
}

inline std::shared_ptr<launcher::spawner> start_spawner(asio::io_context& io,
                                                        std::function<void()> on_death) {
  launcher::spawner::options how;
  how.confine = true;
  return start_spawner(io, how, {[](const auto&, const auto&) {}, std::move(on_death)});
}

/// A real spawner and an I/O context that runs on the test's own thread, only while the test waits, so that
/// call-backs and test never run at once.
class process_world : public ::testing::Test {
protected:
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  int spawner_deaths = 0;
  std::shared_ptr<launcher::spawner> spawner = start_spawner(io, [this] { ++spawner_deaths; });

  ~process_world() override {
    spawner.reset();
    io.poll(); // closes its socket
  }

  /// Runs the I/O context until `done()`; false when the patience is over.
  [[nodiscard]] bool wait_until(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline)
        return false;
      io.run_one_for(std::chrono::milliseconds(10)); // wakes also for what no call-back tells
    }
    return true;
  }

  /// Runs the I/O context for a while, for what must not happen.
  void run_for(std::chrono::milliseconds time) { io.run_for(time); }
};

/// One session's init and what was told of it.
struct observed_init {
  std::shared_ptr<launcher::session_process> process;
  std::optional<launcher::init_identity> identity;
  std::vector<std::string> lost;
};

inline std::shared_ptr<observed_init> start_init(asio::io_context& io, launcher::descriptor socket) {
  auto made = std::make_shared<observed_init>();
  const std::weak_ptr<observed_init> weak = made;
  made->process = launcher::session_process::create(io, std::move(socket),
                                                    {[weak](const launcher::init_identity& identity) {
                                                       if (const auto init = weak.lock())
                                                         init->identity = identity;
                                                     },
                                                     [weak](const std::string& reason) {
                                                       if (const auto init = weak.lock())
                                                         init->lost.push_back(reason);
                                                     }});
  return made;
}

/// One program below an init and what was told of it. Its output can be read from `output`.
struct observed_program {
  std::uint32_t id = 0;
  std::optional<launcher::process_ids> ids;
  int start_error = 0;
  std::vector<std::optional<int>> ends;
  launcher::descriptor output; // non-blocking
  std::string text;

  launcher::program_events events(const std::shared_ptr<observed_program>& self) {
    return {[self](launcher::process_ids started, int error) {
              self->ids = started;
              self->start_error = error;
            },
            [self](std::optional<int> status) { self->ends.push_back(status); }};
  }

  /// Takes what the program has written; returns whether all writers are gone.
  bool read() {
    char buffer[4096];
    for (;;) {
      const ssize_t count = ::read(output.get(), buffer, sizeof(buffer));
      if (count <= 0)
        return count == 0;
      text.append(buffer, static_cast<std::size_t>(count));
    }
  }
};

/// Starts a program with both output streams on one pipe.
inline std::shared_ptr<observed_program> start_program(observed_init& init, const launcher::program& what) {
  auto made = std::make_shared<observed_program>();
  auto pipe = launcher::make_pipe();
  const launcher::descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  ::fcntl(pipe.first.get(), F_SETFL, O_NONBLOCK);
  made->output = std::move(pipe.first);
  made->id = init.process->start(what, std::array{null.get(), pipe.second.get(), pipe.second.get()},
                                 made->events(made));
  return made;
}

inline launcher::program script(std::string text) {
  return {{"/bin/bash", "--norc", "-c", std::move(text)}, {"PATH=/usr/bin:/bin"}, "/"};
}

/// Everything alive below an init, as the test's own /proc shows it.
inline std::vector<launcher::process_entry> processes_below(pid_t init) {
  return launcher::descendants(launcher::read_processes(), {init}, [](const auto&) { return false; });
}

inline std::string command_name(pid_t pid) {
  std::string name;
  std::getline(std::ifstream("/proc/" + std::to_string(pid) + "/comm"), name);
  return name;
}

inline bool is_alive(const launcher::process_entry& process) {
  const auto now = launcher::read_process(process.pid);
  return now && now->start_time == process.start_time && !now->dead();
}

inline bool any_alive(const std::vector<launcher::process_entry>& processes) {
  return std::any_of(processes.begin(), processes.end(), is_alive);
}

/// The same with namespaces of its own and without.
class in_session : public process_world, public ::testing::WithParamInterface<bool> {
protected:
  std::shared_ptr<observed_init> init = start_init(io, spawner->spawn({GetParam(), false}));

  void SetUp() override {
    ASSERT_TRUE(wait_until([&] { return init->identity || !init->lost.empty(); }));
    ASSERT_TRUE(init->identity) << init->lost.front();
    if (GetParam() && !init->identity->isolated)
      GTEST_SKIP() << "needs the privilege to make namespaces: " << init->identity->isolation_problem;
  }

  /// A program that still runs keeps its shell, which keeps the init: they go with its end.
  void TearDown() override {
    if (init->process)
      init->process->kill();
    io.poll();
  }

  /// Runs a program to its end and returns it with all its output.
  std::shared_ptr<observed_program> run(const launcher::program& what) {
    auto program = start_program(*init, what);
    EXPECT_TRUE(wait_until([&] {
      const bool written = program->read();
      return program->start_error != 0 || (written && !program->ends.empty());
    })) << ::testing::PrintToString(what.argv);
    return program;
  }

  /// Starts a program and waits for a line of its output.
  std::shared_ptr<observed_program> start_until(const launcher::program& what, const std::string& line) {
    auto program = start_program(*init, what);
    EXPECT_TRUE(wait_until([&] {
      program->read();
      return program->ids && program->text.find(line + '\n') != std::string::npos;
    })) << ::testing::PrintToString(what.argv);
    return program;
  }
};

inline std::string isolation_name(const ::testing::TestParamInfo<bool>& info) {
  return info.param ? "isolated" : "not_isolated";
}

} // namespace sandboxd::testing
