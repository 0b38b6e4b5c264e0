#pragma once

#include "config/settings.hpp"

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Where the settings come from. A later source wins over an earlier one:
///
///  1. the built-in default;
///  2. the configuration file (`--config-file=FILE`, else the variable `SANDBOXD_CONFIG_FILE`, else none);
///  3. the environment: first the variables of the reference server such as `COMMAND_TIMEOUT_MS`, then
///     `SANDBOXD_<GROUP>_<KEY>`; an empty variable counts as missing;
///  4. the command line: `--group.key=value`.
///
/// Nothing here keeps state; any thread.
namespace sandboxd::config {

struct key;

/// How the program was started.
struct invocation {
  std::vector<std::string> arguments; ///< without the program's name
  std::map<std::string, std::string> environment;
};

/// What `main` and the C library hold, as an `invocation`.
invocation invocation_of(int argc, const char* const* argv, const char* const* environment);

/// The outcome of a start that goes on.
struct configuration {
  settings values;
  std::map<std::string_view, std::string>
      sources; ///< of every key: `default`, `FILE:LINE`, `variable X`, `flag --x`
  /// What keys have in the configuration that `override_setting` has given another value.
  std::map<std::string_view, std::string> overridden;
  std::vector<std::string> command; ///< the supervised command with its arguments; empty = none
  invocation how;
};

/// The outcome of a start that only wanted a text: print it to standard output and exit.
struct early_exit {
  int code = 0;
  std::string text;
};

/// The outcome of a start that must not go on: one line each, for standard error.
struct problems {
  std::vector<std::string> lines;
};

/// Exit status for `problems` (EX_CONFIG of sysexits.h).
inline constexpr int exit_code_for_problems = 78;

/// Reads all sources. The command line is `[flags] [--] [command...]`: the first argument that does not begin
/// with a dash, and everything after it, is the supervised command. Blocks for as long as reading the file
/// takes.
std::variant<configuration, early_exit, problems> load(invocation how);

/// One key whose value is another one after a reload.
struct change {
  std::string_view key;
  std::string from;
  std::string to;
  std::string source;
};

/// What SIGHUP brings. `current` holds the new values of live keys only and the old ones of all others.
struct reloaded {
  configuration current;
  std::vector<change> applied;       ///< in force with `current`
  std::vector<change> needs_restart; ///< not in force
};

/// Reads the file again, with the flags and the environment of the start. With problems the old settings
/// stay.
std::variant<reloaded, problems> reload(const configuration& old);

/// Gives a live key another value, until the next `reload` or the end. `source`: for
/// `configuration::sources`.
std::variant<configuration, problems> override_setting(const configuration& old, const key& which,
                                                       const std::string& literal, std::string source);

/// For the log: `log.level: info -> debug (sandboxd.conf:12)`.
std::string to_string(const change& what);

} // namespace sandboxd::config
