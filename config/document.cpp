#include "config/document.hpp"

#include "config/table.hpp"

#include <string_view>

namespace sandboxd::config {

namespace {

/// Calls `each(key, true when it is the first of its group)`.
template <class Function>
void for_each_key(Function each) {
  std::string_view group;
  for (const auto& key : table()) {
    const bool is_first = group_of(key.name) != group;
    group = group_of(key.name);
    each(key, is_first);
  }
}

std::string_view without_group(std::string_view name) {
  return name.substr(name.find('.') + 1);
}

} // namespace

std::string help() {
  std::string text = R"(Usage: sandboxd [flags] [--] [command...]

Serves the sandbox protocol over HTTP. A command, if given, is started once the port is open and supervised:
its exit status, unless 0, becomes that of the server.

  --config-file=FILE   read this configuration file (also: variable SANDBOXD_CONFIG_FILE)
  --check-config       check all settings and exit
  --print-config       print the effective settings with their sources and exit
  --print-template     print a configuration file with every key and its default and exit
  --version, --help    print and exit

Every key can stand in the configuration file, in its variable, and on the command line. A flag wins over a
variable, a variable over the file, the file over the default. Keys marked 'live' follow the file on SIGHUP.
)";
  for_each_key([&](const key& one, bool is_first) {
    if (is_first)
      text += '\n';
    text += "  --" + std::string(one.name) + "=" + (one.live ? "   (live)" : "") + "\n      " +
            std::string(one.documentation) + ".\n      " + describe(one) + "\n      variable " +
            variable_of(one.name);
    if (!one.variable.name.empty())
      text += " or " + std::string(one.variable.name);
    text += '\n';
  });
  return text;
}

std::string version() {
  return "sandboxd " SANDBOXD_PROGRAM_VERSION "\n";
}

std::string effective_file(const configuration& current) {
  std::string text;
  for_each_key([&](const key& one, bool is_first) {
    if (is_first)
      text += (text.empty() ? "[" : "\n[") + std::string(group_of(one.name)) + "]\n";
    text += std::string(without_group(one.name)) + " = " +
            to_file_literal(one.get(current.values), one.allowed) + " ; " + current.sources.at(one.name) +
            '\n';
  });
  return text;
}

std::string shipped_file() {
  static const settings defaults;
  std::string text =
      R"(; Settings of sandboxd. Every key stands here with its default; remove the ';' before a key to change it.
;
; A flag (--http.port=3000) wins over an environment variable (SANDBOXD_HTTP_PORT), a variable over this file, and
; this file over the default. An unknown key, a key given twice or a value out of bounds stops the start.
; Texts, words and sizes with a unit stand in double quotes. Keys marked 'live' follow this file on SIGHUP.
)";
  for_each_key([&](const key& one, bool is_first) {
    if (is_first)
      text += "\n[" + std::string(group_of(one.name)) + "]\n";
    text += "\n; " + std::string(one.documentation) + ".\n; " + describe(one) + (one.live ? "; live" : "") +
            "\n;" + std::string(without_group(one.name)) + " = " +
            to_file_literal(one.get(defaults), one.allowed) + '\n';
  });
  return text;
}

} // namespace sandboxd::config
