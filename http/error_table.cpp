#include "http/error_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sandboxd::http {

namespace {

using actors::error_code;

/// Statuses and codes are those of HTTP.md 3.2 and 4.1 to 4.6. What stands there for no code of ours:
///
/// - `session_not_found`: dialect B has no code of its own for it and answers 500 (4.2), A answers 404 (4.3).
///
/// - `too_busy`: 409 and not 503, because the bounds on sessions and queued commands can hold for hours and
///   a 503 would make the client ask again for two minutes.
///
/// - `unavailable`, `shutting_down`: 503 with the code whose meaning in the SDK is exactly "not now, the same
///   call succeeds soon"; the request was not carried out, so repeating it is safe. After a shutdown the
///   platform starts the next container.
constexpr std::array table{
    error_entry{error_code::validation_failed, "VALIDATION_FAILED", 400, 400, 0},
    error_entry{error_code::invalid_command, "INVALID_COMMAND", 400, 400, 0},
    error_entry{error_code::session_already_exists, "SESSION_ALREADY_EXISTS", 409, 409, 0},
    error_entry{error_code::session_not_found, "INTERNAL_ERROR", 500, 404, 0},
    error_entry{error_code::session_destroyed, "SESSION_DESTROYED", 410, 410, 0},
    error_entry{error_code::session_terminated, "SESSION_TERMINATED", 410, 500, 0},
    error_entry{error_code::command_execution_error, "COMMAND_EXECUTION_ERROR", 500, 500, 0},
    error_entry{error_code::command_timeout, "COMMAND_EXECUTION_ERROR", 500, 500, 0},
    error_entry{error_code::too_busy, "RESOURCE_BUSY", 409, 409, 0},
    error_entry{error_code::unavailable, "CONTAINER_UNAVAILABLE", 503, 503, 1},
    error_entry{error_code::internal_error, "INTERNAL_ERROR", 500, 500, 0},
    error_entry{error_code::shutting_down, "CONTAINER_UNAVAILABLE", 503, 503, 5},
    error_entry{error_code::file_not_found, "FILE_NOT_FOUND", 404, 404, 0},
    error_entry{error_code::permission_denied, "PERMISSION_DENIED", 403, 403, 0},
    error_entry{error_code::file_exists, "FILE_EXISTS", 409, 409, 0},
    error_entry{error_code::is_directory, "IS_DIRECTORY", 400, 400, 0},
    error_entry{error_code::not_directory, "NOT_DIRECTORY", 400, 400, 0},
    error_entry{error_code::file_too_large, "FILE_TOO_LARGE", 413, 413, 0},
    error_entry{error_code::no_space, "NO_SPACE", 500, 500, 0},
    error_entry{error_code::too_many_files, "TOO_MANY_FILES", 500, 500, 0},
    error_entry{error_code::too_many_links, "TOO_MANY_LINKS", 500, 500, 0},
    error_entry{error_code::resource_busy, "RESOURCE_BUSY", 409, 409, 0},
    error_entry{error_code::read_only, "READ_ONLY", 403, 403, 0},
    error_entry{error_code::name_too_long, "NAME_TOO_LONG", 400, 400, 0},
    error_entry{error_code::filesystem_error, "FILESYSTEM_ERROR", 500, 500, 0},
    error_entry{error_code::process_not_found, "PROCESS_NOT_FOUND", 404, 404, 0},
    error_entry{error_code::process_exists, "PROCESS_ERROR", 409, 500, 0},
    error_entry{error_code::port_already_exposed, "PORT_ALREADY_EXPOSED", 409, 409, 0},
    error_entry{error_code::port_not_exposed, "PORT_NOT_EXPOSED", 404, 404, 0},
    error_entry{error_code::invalid_port_number, "INVALID_PORT_NUMBER", 400, 400, 0},
    error_entry{error_code::process_input_closed, "PROCESS_ERROR", 409, 409, 0},
    error_entry{error_code::git_repository_not_found, "GIT_REPOSITORY_NOT_FOUND", 404, 500, 0},
    error_entry{error_code::git_auth_failed, "GIT_AUTH_FAILED", 401, 500, 0},
    error_entry{error_code::git_branch_not_found, "GIT_BRANCH_NOT_FOUND", 404, 500, 0},
    error_entry{error_code::git_network_error, "GIT_NETWORK_ERROR", 502, 500, 0},
    error_entry{error_code::git_clone_failed, "GIT_CLONE_FAILED", 500, 500, 0},
    error_entry{error_code::git_operation_failed, "GIT_OPERATION_FAILED", 500, 500, 0},
    error_entry{error_code::invalid_git_url, "INVALID_GIT_URL", 400, 400, 0},
    error_entry{error_code::watch_start_failed, "WATCH_START_ERROR", 500, 500, 0},
    error_entry{error_code::context_not_found, "CONTEXT_NOT_FOUND", 404, 404, 0},
    error_entry{error_code::interpreter_not_ready, "INTERPRETER_NOT_READY", 503, 503, 5},
    error_entry{error_code::circuit_open, "INTERPRETER_NOT_READY", 503, 503, 30},
    error_entry{error_code::python_not_available, "PYTHON_NOT_AVAILABLE", 501, 501, 0},
    error_entry{error_code::javascript_not_available, "JAVASCRIPT_NOT_AVAILABLE", 501, 501, 0},
    error_entry{error_code::code_execution_error, "CODE_EXECUTION_ERROR", 500, 500, 0},
    error_entry{error_code::context_creation_failed, "INTERNAL_ERROR", 500, 500, 0},
};

static_assert(table.size() == static_cast<std::size_t>(actors::last_error_code),
              "one row for each error_code");

} // namespace

const error_entry& entry_of(error_code code) {
  const auto* const row =
      std::find_if(table.begin(), table.end(), [&](const error_entry& entry) { return entry.code == code; });
  return row != table.end() ? *row : entry_of(error_code::internal_error);
}

std::string suggestion_for(const actors::failure& reason) {
  switch (reason.code) {
  case error_code::validation_failed:
    return "Check the request parameters and ensure they match the required format";
  case error_code::session_already_exists:
    return fmt::format(
        "Session \"{}\" already exists. Use a different session ID or reuse the existing session",
        reason.session);
  case error_code::session_destroyed:
    return fmt::format("Session \"{}\" was destroyed. Create a new session to continue executing commands",
                       reason.session);
  case error_code::session_terminated:
    return fmt::format(
        "Session \"{}\" ended because its shell exited (exit code: {}). Session-local state (env vars, "
        "cwd, shell functions) has been lost. Retry the call to start a fresh session, or call "
        "createSession() with the same id to recreate it explicitly",
        reason.session, reason.exit_code ? std::to_string(*reason.exit_code) : "unknown");
  case error_code::file_not_found:
    return fmt::format("Ensure the file exists at {} before attempting to access it", reason.path);
  case error_code::permission_denied:
    return "Operation not permitted. Check file/directory permissions";
  case error_code::file_exists:
    return fmt::format("File already exists at {}. Use a different path or delete the existing file first",
                       reason.path);
  case error_code::is_directory:
    return fmt::format("Cannot perform this operation on a directory. Path {} is a directory", reason.path);
  case error_code::not_directory:
    return fmt::format("Expected a directory but found a file at {}", reason.path);
  case error_code::no_space:
    return "Not enough disk space available. Free up space or use a different location";
  case error_code::read_only:
    return "Cannot modify a read-only resource";
  case error_code::resource_busy:
  case error_code::too_busy:
    return "Resource is currently in use. Wait for the current operation to complete";
  case error_code::unavailable:
  case error_code::shutting_down:
    return "The sandbox container is temporarily unavailable. Retry the same operation — it will succeed "
           "once the container is ready.";
  case error_code::invalid_command:
  case error_code::session_not_found:
  case error_code::command_execution_error:
  case error_code::command_timeout:
  case error_code::internal_error:
  case error_code::file_too_large:
  case error_code::too_many_files:
  case error_code::too_many_links:
  case error_code::name_too_long:
  case error_code::filesystem_error:
  case error_code::process_exists:
  case error_code::port_already_exposed:
  case error_code::port_not_exposed:
  case error_code::invalid_port_number:
  case error_code::process_input_closed:
  case error_code::git_network_error:
  case error_code::git_clone_failed:
  case error_code::git_operation_failed:
  case error_code::git_branch_not_found: // names the branch, which only its answer knows
  case error_code::invalid_git_url:
  case error_code::watch_start_failed:
  case error_code::context_not_found:
  case error_code::interpreter_not_ready:
  case error_code::circuit_open:
  case error_code::python_not_available:
  case error_code::javascript_not_available:
  case error_code::code_execution_error:
  case error_code::context_creation_failed:
    break;
  case error_code::git_repository_not_found:
    return "Verify the repository URL is correct and accessible";
  case error_code::git_auth_failed:
    return "Check authentication credentials or use a public repository";
  case error_code::process_not_found:
    return "Verify the process ID is correct and the process has not already exited";
  }
  return {};
}

} // namespace sandboxd::http
