#pragma once

#include "actors/messages.hpp"
#include "actors/process_table.hpp"
#include "actors/reply.hpp"
#include "actors/tracked_process.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::actors {

/// A background process to start: a fork of its session's shell as it is when the session's turn comes.
struct process_request {
  /// Unique among the processes that live; the record of a finished one of this id is replaced.
  std::string id;
  std::string session;
  if_missing missing = if_missing::create;
  bool keep_after_restart = false; ///< of a session that is made for it
  std::string command;
  environment env;         ///< for this process alone
  std::string cwd;         ///< for this process alone; empty means where the shell is
  bool with_input = false; ///< whether `write_input` is to be possible; else it reads the end at once
  /// After which it is ended; absent or zero: none.
  std::optional<std::chrono::milliseconds> timeout;
  std::string request_id;
};

/// Bytes that went to a process.
struct input_written {
  std::size_t bytes = 0;
};

/// The front door to background processes for code that is no actor. Every function returns at once, may be
/// called from any thread, and answers through the reply exactly once.
class process_client {
public:
  virtual ~process_client() = default;

  /// Starts a process and answers when it runs. Errors: `process_exists`, `too_busy`, those of a command in a
  /// session.
  virtual void start(process_request request, reply<tracked_process_ptr> done) = 0;

  /// The process of this id, living or finished; null when there is none.
  [[nodiscard]] virtual tracked_process_ptr find(const std::string& id) const = 0;

  /// All of them, or those of one session, in order of their start.
  [[nodiscard]] virtual std::vector<tracked_process_ptr> all(const std::string* session) const = 0;

  /// Answers at once, or, for a process that has just begun, when it has ended or has run for 100 ms: who
  /// starts a short command and asks for its output at once gets all of it.
  virtual void settle(const tracked_process_ptr& process, reply<process_record> done) = 0;

  /// Writes to the standard input of a process, after what was written before, and then closes it if `close`.
  /// Answered when all of it is in the process's pipe, within `process.input-timeout`. Errors:
  /// `process_not_found`, `process_input_closed` when there is none (any more), `too_busy` when the process
  /// has not read enough in time, with the number of bytes that went in as `failure::size`.
  virtual void write_input(const std::string& id, std::string bytes, bool close,
                           reply<input_written> done) = 0;

  /// Ends a process and all it has started (SIGTERM, `session.kill-grace`, SIGKILL) and answers when all of
  /// it is gone; at once for a finished one. Errors: `process_not_found`, `unavailable`.
  virtual void kill(const std::string& id, reply<process_record> done) = 0;

  /// The same for all that live (of one session), at the same time; answers how many there were.
  virtual void kill_all(const std::string* session, reply<std::size_t> done) = 0;
};

} // namespace sandboxd::actors
