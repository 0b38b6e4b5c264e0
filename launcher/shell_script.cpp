#include "launcher/shell_script.hpp"

#include "launcher/shell_signals.hpp"

#include <fmt/format.h>

#include <charconv>

namespace sandboxd::launcher::shell_script {

namespace {

/// `cd` and `export` of one command, as a condition that is false when the directory cannot be entered.
std::string enter(std::string_view directory) {
  return directory.empty() ? "builtin :" : fmt::format("builtin cd -- {} >/dev/null 2>&1", quote(directory));
}

std::string exports(const variables& environment) {
  std::string text;
  for (const auto& [name, value] : environment)
    text += fmt::format("builtin printf -v {0} %s {1}\nbuiltin export {0}\n", name, quote(value));
  return text;
}

/// Text of HTTP.md 4.3 for a per-command directory that cannot be entered.
std::string complain(std::string_view directory) {
  return fmt::format("builtin echo {} >&2",
                     quote(fmt::format("Failed to change directory to '{}'", directory)));
}

template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc())
    return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// What keeps the status of a command, as a line after it. A reserved `!` can be no body of a loop or
/// function and no end of a pipe, so that an incomplete command is the syntax error it is; two of them change
/// no status. Bash shows the line of an error: the name of our variable stands on one that it does not show.
constexpr std::string_view keep_status = "\n\n! ! \\\n[[ ${__sandboxd_status:=$?} ]] \\\n2>/dev/null";

bool ends_in_operator(std::string_view command) {
  command = command.substr(0, command.find_last_not_of(" \t\n") + 1);
  return command.ends_with("||") || command.ends_with("&&");
}

/// Whether the last word of a command, comments behind it aside, may be an operator that wants another
/// command. Any `#` is taken for the beginning of a comment.
bool may_end_in_operator(std::string_view command) {
  for (;;) {
    if (ends_in_operator(command))
      return true;
    command = command.substr(0, command.find_last_not_of(" \t\n") + 1);
    const auto line = command.rfind('\n') + 1;
    const auto first = command.find('#', line);
    for (auto comment = first; comment != std::string_view::npos; comment = command.find('#', comment + 1))
      if (ends_in_operator(command.substr(0, comment)))
        return true;
    if (first == std::string_view::npos || first != command.find_first_not_of(" \t", line))
      return false;
    command = command.substr(0, first); // nothing but a comment: what comes before decides
  }
}

/// Whether that line could become part of the command: of a here-document as data, of a list behind its
/// operator.
bool may_be_continued(std::string_view command) {
  return command.find("<<") != std::string_view::npos || may_end_in_operator(command);
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

} // namespace

std::string quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted += '\'';
}

std::vector<std::string> arguments(const std::string& path) {
  return {path, "--norc", "--noediting", "-i", "+m", "+H"};
}

std::string start_script() {
  // Setting and removing a trap inside a sourced file gives SIGTERM its default action back, which an
  // interactive bash ignores.
  return "builtin unset -v PS1 PS2 PROMPT_COMMAND MAILCHECK HISTFILE TMOUT OLDPWD\n"
         "builtin set +o history\n"
         "BASH_ARGV0=bash\n" // what the messages of forks begin with
         "builtin shopt -u expand_aliases checkwinsize\n"
         "builtin trap : TERM\n"
         "builtin trap - TERM\n";
}

std::string trap_line() {
  return fmt::format("builtin trap '[[ ${{BASH_SOURCE-}} ]] && builtin kill -INT $$' {}\n",
                     call_back_signal_name);
}

std::string command_text(std::string_view command) {
  std::string text(command);
  if (!may_be_continued(command))
    text += keep_status;
  return text;
}

std::string run_script(const shell_files& files) {
  return fmt::format("builtin eval \"$(<{0}/command)\" </dev/null >{0}/out 2>{0}/err\n", files.directory);
}

std::string run_inline_script(const shell_files& files) {
  return fmt::format("builtin eval \"$__sandboxd_command\" </dev/null >{0}/out 2>{0}/err\n", files.directory);
}

std::string inline_lines(const shell_files& files, std::string_view command) {
  return fmt::format("__sandboxd_command={};{}", quote(command_text(command)),
                     source_line(files, "run-inline"));
}

std::string run_with_script(const shell_files& files, const variables& environment,
                            std::string_view directory) {
  std::string text = "__sandboxd_directory=$PWD\n__sandboxd_previous=${OLDPWD-}\n";
  for (std::size_t i = 0; i < environment.size(); ++i)
    text += fmt::format("__sandboxd_saved_{}=${{{}[@]@A}}\n", i, environment[i].first);
  text += fmt::format("if {}; then\n{}builtin eval \"$(<{}/command)\"\nelse\n__sandboxd_status=1\n{}\nfi", //
                      enter(directory), exports(environment), files.directory, complain(directory));
  return text + fmt::format(" </dev/null >{0}/out 2>{0}/err\n", files.directory);
}

/// A command that is called back may have come only a part of the way: what was not saved is left alone.
std::string restore_script(const variables& environment, std::string_view directory) {
  std::string text;
  for (std::size_t i = 0; i < environment.size(); ++i)
    text += fmt::format("if [[ ${{__sandboxd_saved_{1}+set}} ]]; then\n"
                        "builtin unset -v {0}\n"
                        "builtin eval \"$__sandboxd_saved_{1}\"\n"
                        "builtin unset -v __sandboxd_saved_{1}\n"
                        "fi\n",
                        environment[i].first, i);
  if (!directory.empty())
    text += "if [[ ${__sandboxd_previous+set} ]]; then\n"
            "builtin cd -- \"$__sandboxd_directory\" >/dev/null\nOLDPWD=$__sandboxd_previous\n"
            "fi\n";
  return text + "builtin unset -v __sandboxd_directory __sandboxd_previous\n";
}

std::string fork_script(const shell_files& files, std::uint64_t number, const variables& environment,
                        std::string_view directory, bool with_input) {
  const auto go = fmt::format("{}/go-{}", files.directory, number);
  // All of it under the command's output, so that an EXIT trap is, too; 9 is the pipe for reports.
  return fmt::format("( (\n"
                     "builtin echo \"{0}F{1}:$BASHPID\" >&9\n"
                     "builtin read -r __sandboxd_go{6} || builtin exit\n"
                     "builtin unset -v __sandboxd_go __sandboxd_script __sandboxd_status\n"
                     "if {3}; then\n{4}builtin eval \"$(<{2}/command-{1})\" 9>&-\n"
                     "builtin exit \"${{__sandboxd_status:-$?}}\"\nelse\n{5}\nbuiltin exit 1\nfi\n"
                     ") 9>&1 <{7} >{2}/out-{1} 2>{2}/err-{1} & )\n",
                     files.token, number, files.directory, enter(directory), exports(environment),
                     complain(directory), with_input ? "" : " <" + go, with_input ? go : "/dev/null");
}

std::string source_line(const shell_files& files, std::string_view script) {
  return fmt::format(". {}/{}\n", files.directory, script);
}

std::string eval_line(const shell_files& files, std::string_view script) {
  return fmt::format("builtin mapfile -d '' __sandboxd_script <{}/{};builtin eval \"$__sandboxd_script\";"
                     "builtin unset -v __sandboxd_script\n",
                     files.directory, script);
}

std::string keep_status_line() {
  return "__sandboxd_status=\"${__sandboxd_status:-$?}\"\n";
}

std::string report_line(const shell_files& files, std::uint64_t number) {
  return fmt::format("builtin echo \"{}D{}:${{__sandboxd_status:-$?}}\";__sandboxd_status=;"
                     "builtin unset -v TMOUT\n",
                     files.token, number);
}

std::optional<report> parse_report(const shell_files& files, std::string_view line) {
  report result;
  const auto begin = line.rfind(files.token);
  if (begin == std::string_view::npos)
    return std::nullopt;
  line.remove_prefix(begin + files.token.size());
  if (line.empty())
    return std::nullopt;
  const char kind = line.front();
  line.remove_prefix(1);
  if (kind != 'D' && kind != 'F')
    return std::nullopt;
  result.what = kind == 'D' ? report::kind::done : report::kind::forked;
  if (!take_number(line, result.number) || !take_prefix(line, ":") || !take_number(line, result.value) ||
      !line.empty())
    return std::nullopt;
  return result;
}

} // namespace sandboxd::launcher::shell_script
