#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace sandboxd::actors {

/// Everything that can go wrong with a request, as the actors see it. `http/error_table.hpp` maps each code
/// to an HTTP status and the SDK's code; a test walks this enum so that no code stays unmapped. The numbers
/// are fixed: they appear in logs and in the journal.
enum class error_code : std::uint8_t {
  /// A field of the request has a wrong type or value; `failure::field` names it.
  validation_failed = 1,
  /// There is no command to run. Prefer `validation_failed` for a command of a wrong type.
  invalid_command = 2,
  /// A session of this id exists and is healthy.
  session_already_exists = 3,
  /// No session of this id exists, and the operation does not create one.
  session_not_found = 4,
  /// The session was deleted while the request waited or ran.
  session_destroyed = 5,
  /// The session's shell ended (`exit`, `exec`, `set -e`, a signal) while it ran the command, or was lost
  /// together with the session's state; `failure::exit_code` is absent where no exit status is known.
  session_terminated = 6,
  /// The command could not be run although session and request were good (no process, no descriptor, ...).
  command_execution_error = 7,
  /// The command exceeded its time. Prefer this to `command_execution_error`.
  command_timeout = 8,
  /// A bound of the configuration is reached (sessions, queued commands): trying later can succeed.
  too_busy = 9,
  /// The part of the sandbox that would answer is being started or restarted: trying again succeeds soon.
  unavailable = 10,
  /// A fault of the server, for example an actor that crashed with the request in its hands.
  internal_error = 11,
  /// The daemon is shutting down.
  shutting_down = 12,

  // What a file operation ended with; `failure::path` names the file. The errno of each stands in
  // HTTP.md 3.2.

  file_not_found = 13,
  permission_denied = 14,
  file_exists = 15,
  is_directory = 16,
  not_directory = 17,
  /// `failure::size` is larger than `failure::limit`, in bytes.
  file_too_large = 18,
  no_space = 19,
  too_many_files = 20,
  too_many_links = 21,
  /// Something else uses it, or the file system does not answer.
  resource_busy = 22,
  read_only = 23,
  name_too_long = 24,
  /// Anything else; `failure::message` is the system's text.
  filesystem_error = 25,

  /// No background process has this id.
  process_not_found = 26,
  /// A background process of this id lives.
  process_exists = 27,

  port_already_exposed = 28,
  port_not_exposed = 29,
  /// No service may have this port exposed.
  invalid_port_number = 30,

  /// The process was started without standard input, has closed it, or has ended.
  process_input_closed = 31,

  // What a clone ended with (HTTP.md 7).

  git_repository_not_found = 32,
  git_auth_failed = 33,
  git_branch_not_found = 34,
  /// The clone took too long.
  git_network_error = 35,
  git_clone_failed = 36,
  /// Git gave up, for whatever reason.
  git_operation_failed = 37,
  /// The URL of a repository has a wrong form, or a scheme that is not allowed.
  invalid_git_url = 38,

  /// A path could not be watched, although it is there and may be: a limit of the machine, for example.
  watch_start_failed = 39,

  // What a code context ended with (HTTP.md 9).

  /// No code context has this id.
  context_not_found = 40,
  /// Executors are being started and took too long: trying again succeeds soon.
  interpreter_not_ready = 41,
  /// Too many executors of the language were lost in a row; `failure::retry_after` tells when it is tried
  /// again.
  circuit_open = 42,
  /// There is no Python, or it lacks what executors need; `failure::detail` says what.
  python_not_available = 43,
  javascript_not_available = 44,
  /// The code could not be run in its context (another language, too much that waits).
  code_execution_error = 45,
  /// No executor could be had for a context: the pool's maximum is reached, or the executor did not start.
  context_creation_failed = 46,
};

/// The highest value of `error_code`, for tables and tests that walk it.
inline constexpr error_code last_error_code = error_code::context_creation_failed;

/// A request's failure as a value. What is public and what is for the log are separate fields.
struct failure {
  failure() = default;
  failure(error_code what, std::string text, std::string concerned_session = {})
      : code(what), message(std::move(text)), session(std::move(concerned_session)) {}

  error_code code = error_code::internal_error;
  /// One sentence for the client; never holds secrets, environment values or paths of the daemon.
  std::string message;
  /// The session concerned; empty when the failure concerns none.
  std::string session;
  /// The offending field of the request (`validation_failed`), or empty.
  std::string field;
  /// The file concerned, an absolute path in the sandbox; empty when none is.
  std::string path;
  /// Of the file, and the largest allowed, in bytes (`file_too_large`).
  std::uint64_t size = 0;
  std::uint64_t limit = 0;
  /// The exit status of the shell (`session_terminated`), 128 + signal number when a signal ended it.
  std::optional<int> exit_code;
  /// Until another attempt has a chance, in seconds (`circuit_open`, `interpreter_not_ready`).
  std::uint64_t retry_after = 0;
  /// What the log should say besides `message` (errno texts, actor paths). Sent to the client only where it
  /// is about an interpreter, whose programs are the client's: `interpreter_not_ready`,
  /// `python_not_available`, `javascript_not_available`, `circuit_open`.
  std::string detail;
};

} // namespace sandboxd::actors
