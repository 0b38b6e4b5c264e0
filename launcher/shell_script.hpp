#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The texts that drive a session's bash, as pure functions.
///
/// The shell is `bash --norc --noediting -i +m +H`, its standard input is a pipe on which it gets one short
/// line at a time, its standard output a pipe on which it reports, its standard error /dev/null. It is
/// interactive because only an interactive bash survives SIGINT, unwinding whatever it runs to the prompt;
/// what else would tell it apart from a script is switched off (`start_script`). Commands run from a sourced
/// file, in which bash behaves as a script does (no "[1] 4711" for background jobs, no "exit" text, error
/// messages without a file name).
///
/// Every name we define begins with `__sandboxd_`.
namespace sandboxd::launcher::shell_script {

/// One 'quoted' word for bash, whatever bytes `text` has (but NUL).
std::string quote(std::string_view text);

/// The files of one shell, all in one directory of mode 0700, and the word that tells its reports from
/// whatever else (a DEBUG trap, say) may print at the prompt.
struct shell_files {
  std::string directory;
  std::string token;

  [[nodiscard]] std::string path(std::string_view name) const { return directory + '/' + std::string(name); }
};

using variables = std::vector<std::pair<std::string, std::string>>;

/// Arguments of the shell; `path` is the executable.
std::vector<std::string> arguments(const std::string& path);

/// First thing the shell reads: makes it behave like a script's bash.
std::string start_script();

/// Line that makes the shell obey the call back signal (`shell_signals.hpp`): between two commands it
/// interrupts itself, which no child that swallowed SIGINT can prevent. Only while it runs a sourced file, as
/// ours are: at its prompt there is nothing to interrupt, and bash 5.2 may crash of doing so.
std::string trap_line();

/// What is stored as the text of a command: followed, where that cannot change its meaning, by a line that
/// keeps its status. Without that line a status that `set -e` tolerates inside the command (`false && true`)
/// would end the shell as the status of `eval`. A text with a here-document goes unchanged, since an
/// unterminated one would swallow the line as data, and so does one that ends in `||` or `&&`, which would
/// apply to it instead of being the syntax error it is.
std::string command_text(std::string_view command);

/// The constant script that runs the file "command" with "out" and "err" as output, and the one that runs
/// what `inline_lines` has set.
std::string run_script(const shell_files& files);
std::string run_inline_script(const shell_files& files);

/// Hands a short command over without a file, and runs it. The shell reads its standard input byte by byte,
/// so that this is the faster way only up to `longest_inline_command` bytes. One list for the parser: the
/// signal that calls a shell back may cost it what it reads, and a part that was left would run the command
/// before.
std::string inline_lines(const shell_files& files, std::string_view command);
inline constexpr std::size_t longest_inline_command = 512;

/// The script that does the same in `directory` (empty: where the shell is) with additional `environment`,
/// and the one that restores directory and variables, as far as the other has come.
std::string run_with_script(const shell_files& files, const variables& environment,
                            std::string_view directory);
std::string restore_script(const variables& environment, std::string_view directory);

/// The script that runs the file "command-N" in a fork of the shell (N = `number`). The fork reports its pid
/// and waits for a line on the FIFO "go-N" before it runs anything (without one it ends); nobody is its
/// parent but init. `with_input`: what comes on that FIFO afterwards is the command's standard input, else it
/// has none.
std::string fork_script(const shell_files& files, std::uint64_t number, const variables& environment,
                        std::string_view directory, bool with_input = false);

/// Lines for the shell's standard input: source a script, report `number` with the status of the last
/// command.
std::string source_line(const shell_files& files, std::string_view script);
/// Runs a script as if typed: a subshell, which is not interactive, would name a sourced file in its
/// messages.
std::string eval_line(const shell_files& files, std::string_view script);
/// Takes TMOUT away, too: at its end bash would log an idle session out.
std::string report_line(const shell_files& files, std::uint64_t number);
/// Keeps the status of the last command for the next `report_line`, over a restoring script between them.
std::string keep_status_line();

/// A line the shell wrote on its standard output.
struct report {
  enum class kind {
    done,   ///< command `number` ended with status `value`
    forked, ///< fork `number` waits as process `value`
  };
  kind what = kind::done;
  std::uint64_t number = 0;
  int value = 0;
};

/// Reads one line; nothing when it is not one of ours. What traps have printed before it on the same line
/// does not count.
std::optional<report> parse_report(const shell_files& files, std::string_view line);

} // namespace sandboxd::launcher::shell_script
