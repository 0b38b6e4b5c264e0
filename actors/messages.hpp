#pragma once

#include "actors/errors.hpp"
#include "launcher/captured_output.hpp"
#include "launcher/command_control.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::actors {

/// What a command printed, kept until it is read.
using launcher::capture_limits;
using launcher::captured_output;

/// How the receiver of a live command steers its flow.
using launcher::command_control;

/// Environment variables in the order given by the client: name, value. Names are valid shell identifiers
/// (checked where requests are parsed), values hold no NUL.
using environment = std::vector<std::pair<std::string, std::string>>;

/// How a session is to be made. Shared by the explicit creation and the implicit one by a first command.
struct session_options {
  std::string id;
  /// Variables exported in the session's shell on top of the daemon's own environment.
  environment env;
  /// Absolute directory the shell starts in; empty means the configured workspace.
  /// A missing directory is no error: the shell then starts in `$HOME`, else in `/` (HTTP.md 4.1).
  std::string cwd;
  /// Whether to give the session a PID and mount namespace of its own, where the kernel allows it.
  bool isolate = true;
  /// Whether a shell that replaces a dead one gets `env` and `cwd` again (dialect A) or starts with the
  /// container's environment in the workspace (dialect B); HTTP.md 4.4.
  bool keep_after_restart = false;
  /// Limit for each command that brings none of its own; absent: the configured one, zero: unlimited.
  std::optional<std::chrono::milliseconds> command_timeout;
};

/// Answer to a creation.
struct session_created {
  std::string id;
  /// False when the session existed already, was healthy, and reuse was allowed.
  bool created = true;
};

/// What to do with a creation whose id names a healthy session.
enum class if_exists : std::uint8_t { refuse, reuse };

/// Where and how a command runs.
enum class run_mode : std::uint8_t {
  /// In the session's shell itself, one after another in order of arrival: a `cd` persists.
  foreground,
  /// In a fork of the session's shell, taken when its turn comes; it then runs beside later commands, and
  /// nothing it changes persists (streams of dialect B, HTTP.md 4.6).
  forked,
  /// The same as a background process, for however long (HTTP.md 5.2). Its bound is that of processes.
  background,
  /// In a fresh `bash -c` that belongs to no session (HTTP.md 4.7).
  sessionless,
};

/// What an unknown session id means for a command: dialect B makes the session, dialect A answers
/// `session_not_found`.
enum class if_missing : std::uint8_t { create, refuse };

/// One command to run.
struct command_request {
  /// Session id; ignored for `run_mode::sessionless`.
  std::string session;
  /// Shell text, any length the body limit allows, without NUL.
  std::string command;
  run_mode mode = run_mode::foreground;
  if_missing missing = if_missing::create;
  /// `session_options::keep_after_restart` of a session that is made for this command.
  bool keep_after_restart = false;
  /// Variables for this command alone; old values are restored afterwards.
  environment env;
  /// Directory for this command alone; empty means where the shell is.
  std::string cwd;
  /// Limit of this command; absent: the session's, zero: unlimited.
  std::optional<std::chrono::milliseconds> timeout;
  /// Of `run_mode::background`: whether its standard input can be written to; else it is /dev/null.
  bool with_input = false;
  /// For log lines that concern this request.
  std::string request_id;
};

/// How a command came to its end.
struct command_outcome {
  enum class ending : std::uint8_t {
    /// It ran to its end; `exit_code` is its wait status (128 + signal when a signal ended it).
    exited,
    /// It ended the shell itself (`exit`, `exec`, `set -e`, `kill $$`); `exit_code` is the shell's.
    shell_ended,
    /// It exceeded `timeout` and is being terminated; `exit_code` is 124 (as coreutils' timeout(1)).
    timed_out,
  };
  ending how = ending::exited;
  int exit_code = 0;
  /// The limit that was exceeded (`timed_out`).
  std::chrono::milliseconds timeout{0};
  /// It failed, and meanwhile the kernel has killed a process of its session since there was no memory for
  /// it.
  bool out_of_memory = false;
  /// How long the command ran.
  std::chrono::milliseconds duration{0};
  /// What it printed, for observers that want it collected; empty captures otherwise. Never null.
  std::shared_ptr<const launcher::captured_output> out;
  std::shared_ptr<const launcher::captured_output> err;
};

/// What a client is told of that, on standard error.
inline constexpr std::string_view out_of_memory_note =
    "Out of memory: the kernel has killed a process of this session";

/// The two output streams of a command.
enum class output_stream : std::uint8_t { out, err };

/// Receives the fate of one command. Exactly one `finished` or `failed` arrives, as the last call.
/// Calls come from CAF or I/O threads, never two at once, and must not block.
class command_observer {
public:
  virtual ~command_observer() = default;

  /// True when output is wanted as it comes (`output`), false when `finished` shall carry all of it.
  [[nodiscard]] virtual bool wants_live_output() const = 0;

  /// The command begins to run. Only live observers get `control`; credit starts at zero.
  virtual void started(command_control control) = 0;

  /// Bytes as the command wrote them, within the credit granted so far; may cut a UTF-8 sequence.
  virtual void output(output_stream stream, std::string bytes) = 0;

  virtual void finished(command_outcome outcome) = 0;
  virtual void failed(failure reason) = 0;
};

/// A `command_observer` as it travels in messages: forwards to the observer and, when the last copy is
/// destroyed before the end was told, tells `failed(internal_error)`.
class observer_handle {
public:
  observer_handle() = default;
  explicit observer_handle(std::shared_ptr<command_observer> observer);

  [[nodiscard]] bool wants_live_output() const;
  void started(command_control control) const;
  void output(output_stream stream, std::string bytes) const;
  void finished(command_outcome outcome) const;
  void failed(failure reason) const;

  /// Keeps something until the end is told. Before the command is sent.
  void hold(std::shared_ptr<const void> what) const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace sandboxd::actors
