#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"
#include "supervision/trace.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

namespace sandboxd::actors {

/// What a session knows: who it is, and its commands, one after another. Knows no actor system.
class session_state {
public:
  static inline const char* name = "session";

  /// The actor of its shell lives at `shell_path`. `on_stream_end` is told, on an I/O thread, the number of
  /// each stream for `stream_ended`.
  void configure(services_ptr context, session_options options, std::string shell_path,
                 std::function<void(std::uint64_t number)> on_stream_end);

  [[nodiscard]] const session_options& options() const noexcept { return options_; }

  /// How long the supervisor may take to start a shell.
  [[nodiscard]] std::chrono::milliseconds start_timeout() const;

  /// How the next shell starts: as the session was created, or, after a first shell, as `keep_after_restart`
  /// says.
  shell_start next_shell_start();

  /// Queues a command, or fails it: `session_destroyed`, `too_busy`.
  void enqueue(run_command command);

  /// The shell takes a command: the next one starts, if there is one.
  void shell_is_free(std::shared_ptr<launcher::shell> shell);

  /// The shell is gone; commands wait for the next one. When it ends while nothing runs in it, and its state
  /// with it, the next command is told so (`session_terminated`), unless the session keeps what it was
  /// created with.
  void shell_is_gone(std::optional<int> exit_code);

  /// Whether the supervisor has to be asked for a new shell.
  [[nodiscard]] bool wants_shell() const noexcept { return wants_shell_ && !closed(); }

  /// Whether the state is lost with its shell and nothing has run or waits since. What `keep_after_restart`
  /// keeps is not lost.
  [[nodiscard]] bool blank() const noexcept {
    return blank_ && waiting_.empty() && streams_.empty() && !closed();
  }

  /// Where its files are now; nothing while it has no shell yet.
  [[nodiscard]] std::optional<file_place> files() const;

  /// A stream that ran beside the commands is over.
  void stream_ended(std::uint64_t number) { streams_.erase(number); }

  /// Fails what waits and runs, streams too, with `session_destroyed`, and from now on everything.
  void close();

  /// The session ends though nobody asked for it: fails the same with `session_terminated`.
  void give_up();

  [[nodiscard]] bool closed() const noexcept { return *closed_; }

  /// In words: "idle", "running: ...", with the number of commands that wait.
  [[nodiscard]] std::string describe() const;
  /// In facts: its id; the command that runs in its shell, since when and for which request; how many wait,
  /// and how many run beside it.
  [[nodiscard]] supervision::actor_details details() const;
  /// The shell's number, as this process sees it; 0: it has none.
  [[nodiscard]] pid_t shell_process() const;

private:
  void start_next();
  [[nodiscard]] std::size_t count_streams() const;
  void fail_all(error_code code);
  [[nodiscard]] std::chrono::milliseconds default_timeout() const;

  services_ptr context_;
  session_options options_;
  supervision::actor_path shell_path_;
  bool had_shell_ = false;
  bool wants_shell_ = false;
  bool blank_ = false;
  std::optional<failure> unnoticed_end_; // of a shell that ended while idle
  std::shared_ptr<std::atomic<bool>> closed_ = std::make_shared<std::atomic<bool>>(false);
  std::shared_ptr<launcher::shell> free_shell_; // set while the shell is at its prompt
  std::shared_ptr<launcher::shell> shell_;      // the last one, busy or free
  struct waiting_command {
    run_command wanted;
    std::shared_ptr<const supervision::traced_work> wait; // null when it need not wait
  };
  std::deque<waiting_command> waiting_;
  run_command current_; // the last one started
  std::chrono::system_clock::time_point current_since_;
  std::function<void(std::uint64_t)> on_stream_end_;
  std::uint64_t last_stream_ = 0;
  struct stream {
    observer_handle observer;
    run_mode mode;
  };
  std::map<std::uint64_t, stream> streams_; // what runs beside the commands
  std::shared_ptr<launcher::retired_channels> retired_;
};

/// The queue of one session: hands commands to the session's shell strictly in order of arrival, and has the
/// shell started again when a command has ended it.
session_actor::behavior_type
session_behavior(supervision::typed_stateful_pointer<session_state, session_actor> self,
                 const services_ptr& context, session_options options);

} // namespace sandboxd::actors
