#pragma once

#include "launcher/command_output.hpp"
#include "launcher/control_directory.hpp"
#include "launcher/group_stock.hpp"
#include "launcher/published.hpp"
#include "launcher/session_process.hpp"
#include "launcher/shell_command.hpp"
#include "launcher/shell_place.hpp"
#include "launcher/shell_script.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace sandboxd::launcher {

/// Bounds of one command.
struct command_limits {
  capture_limits capture;
  /// Between SIGTERM and SIGKILL for what exceeded its time.
  std::chrono::milliseconds kill_grace{5000};
  /// Bytes for the standard input of a fork that may wait for it to read.
  std::size_t input_waiting_bytes = 1u << 20;
};

/// How a shell is started and bounded.
struct shell_options {
  std::string executable = "/bin/bash";
  /// Where its control files lie: in a directory of this path and a suffix of its own (mode 0700), made if
  /// missing, removed with the shell and its last fork. The suffix is there because a shell and its
  /// replacement may exist at the same time: forks outlive their shell.
  std::string control_directory;
  /// "NAME=value" each; the whole environment.
  std::vector<std::string> environment;
  /// Working directory at the start (see `program::directory`).
  std::string directory;
  /// Asked for every command, so that they may change.
  std::function<command_limits()> limits = [] { return command_limits{}; };
  /// For a fork to be there once it is ordered.
  std::chrono::milliseconds start_timeout{10000};
  /// Where output of background jobs is counted; null: without bound.
  std::shared_ptr<retired_channels> retired;
  /// For what the session leaves among the control files (see `control_directory`).
  std::shared_ptr<background_worker> background;
  /// For forks that are to have a control group of their own; null: there are none.
  std::shared_ptr<group_stock> groups;
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

  /// Where the shell is; null until `started`. Any thread.
  [[nodiscard]] std::shared_ptr<const shell_place> place() const { return place_.load(); }

  /// Ends the shell with what it runs, as nobody wants it any more; forks go on. Any thread.
  void abandon();

private:
  enum class state { starting, at_prompt, running, forking, calling_back, ended };

  /// What runs at the prompt or in a fork.
  struct running_command;
  using running_ptr = std::shared_ptr<running_command>;

  shell(asio::io_context& io, std::shared_ptr<session_process> init, shell_options options, callbacks events);

  void launch();
  void write_scripts() const;
  void replace_missing_files();
  void order(const std::string& lines);
  running_ptr make_job(shell_command command, command_events events);

  void begin_run(const running_ptr& job);
  void begin_fork(const running_ptr& job);
  void open_output(const running_ptr& job, const std::string& suffix);
  [[nodiscard]] bool open_input(const running_ptr& job) const;
  void begin(const running_ptr& job);
  [[nodiscard]] command_control make_control(const running_command& job) const;
  void go(const running_ptr& job, const std::string& lines);
  void start_timer(const running_ptr& job);
  [[nodiscard]] std::uint64_t out_of_memory_kills(const running_command& job) const;
  void refuse(const running_ptr& job, const std::string& problem);
  static void reject(const running_ptr& job, const std::string& problem);
  void tell_end(const running_ptr& job) const;
  void finish(const running_ptr& job, command_result::ending how, int exit_code, output_tail tail = {});

  /// A pipe on which the shell itself writes.
  struct own_stream {
    explicit own_stream(asio::io_context& io) : pipe(io) {}
    bool read(); // once; whether there may be more
    asio::posix::stream_descriptor pipe;
    std::string text;        // what came since the last report or command
    std::size_t scanned = 0; // up to here there is no report
  };
  void wait_for(own_stream& stream);
  void take_reports();
  void watch();
  void handle(const shell_script::report& report);
  void command_done(int status);
  void fork_waits(std::uint64_t number, pid_t pid);
  void expect_fork(const running_ptr& job);
  void give_up_fork(std::uint64_t number, const std::string& problem);
  void clear_fork(const running_ptr& job);
  void fork_ended(const running_ptr& job, std::optional<int> status);
  void call_back();
  void put_down();
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
  std::shared_ptr<control_directory> directory_;
  state state_ = state::starting;
  std::uint32_t program_ = 0;
  pid_t process_ = 0; // as the daemon sees it
  published<shell_place> place_;
  descriptor orders_;          // writing end of the shell's standard input
  own_stream reports_;         // its standard output
  own_stream complaints_;      // its standard error
  std::uint64_t sequence_ = 0; // number of the last report asked for
  running_ptr foreground_;
  std::shared_ptr<command_output> spare_output_; // of an earlier command, ready for the next
  std::map<std::uint64_t, running_ptr> forks_;   // that have not begun to run
  bool traps_call_back_ = false;
  asio::steady_timer call_back_timer_;
  asio::steady_timer put_down_timer_;
  bool back_at_prompt_ = false; // while calling back: the shell has reported
  bool settled_ = false;        // while calling back: the init has
  asio::steady_timer watch_timer_;
  bool watching_ = false;
  std::uint64_t silent_ = 0; // `sequence_` when the shell was last seen waiting for orders
  std::optional<int> exit_code_;
};

} // namespace sandboxd::launcher
