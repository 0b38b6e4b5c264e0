#include "actors/interpreter_programs.hpp"

#include "config/list.hpp"
#include "config/programs.hpp"
#include "config/settings.hpp"
#include "files/sandbox_root.hpp"
#include "launcher/group_directory.hpp"
#include "launcher/group_limits.hpp"
#include "launcher/writing_rules.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::actors {

namespace {

/// env(1) looks the program up in the PATH that workloads have.
launcher::program make(const services& context, std::vector<std::string> arguments) {
  launcher::program made;
  made.argv = {"/usr/bin/env"};
  made.argv.insert(made.argv.end(), arguments.begin(), arguments.end());
  made.environment = context.environment;
  made.directory = context.settings()->sandbox.workspace;
  return made;
}

launcher::program node_program(const services& context, std::string_view script) {
  const auto settings = context.settings();
  std::vector<std::string> arguments{settings->interpreter.node_program};
  if (const auto bytes = settings->interpreter.node_heap_bytes; bytes != 0)
    arguments.push_back(fmt::format("--max-old-space-size={}", bytes >> 20));
  arguments.push_back(context.programs / config::programs::interpreters / "node" / script);
  return make(context, std::move(arguments));
}

bool is_of_workloads(const services& context, const std::filesystem::path& path) {
  return std::ranges::any_of(context.writable_places, [text = path.string()](const std::string& one) {
    return files::is_at_or_below(text, one);
  });
}

/// Where a program is in the PATH of workloads, but not where they write: theirs would be run with all
/// privileges. One that is named by its path is as the configuration wants it.
std::string trusted_program(const services& context, const std::string& name) {
  if (name.find('/') != std::string::npos)
    return name;
  std::string_view path;
  for (const std::string_view variable : context.environment)
    if (variable.starts_with("PATH="))
      path = variable.substr(5);
  while (!path.empty()) {
    const auto folder = path.substr(0, path.find(':'));
    path.remove_prefix(std::min(path.size(), folder.size() + 1));
    std::error_code missing;
    const auto found = std::filesystem::path(folder) / name;
    const auto real = std::filesystem::canonical(found, missing);
    const auto real_folder = std::filesystem::canonical(folder, missing);
    if (folder.starts_with('/') && ::access(found.c_str(), X_OK) == 0 &&
        !is_of_workloads(context, real_folder) && !is_of_workloads(context, real))
      return found;
  }
  return "/usr/bin/" + name;
}

/// Null where there are none.
nlohmann::json as_json(const launcher::writing_rules& writing) {
  if (writing.handled == 0)
    return nullptr;
  auto rules = nlohmann::json::array();
  for (const auto& rule : writing.rules)
    rules.push_back({rule.path, rule.allowed});
  return {{"handled", writing.handled}, {"rules", std::move(rules)}};
}

/// Descriptors of the fork server, after its socket and the filter.
constexpr int first_group_of_forks = 5;

/// As interpreters/python/sandboxd_executor/groups.py wants it.
nlohmann::json group_of_forks(const launcher::group_parent& parent, int descriptor,
                              const launcher::group_limits& limits) {
  auto files = nlohmann::json::array();
  for (const auto& file : launcher::files_of(limits, parent.is_version_2))
    if (parent.has(file.controller))
      files.push_back({file.name, file.text, file.is_optional});
  nlohmann::json events;
  if (parent.has("memory"))
    events = launcher::memory_events_file(parent.is_version_2);
  return {{"descriptor", descriptor}, {"files", std::move(files)}, {"memory_events", std::move(events)}};
}

nlohmann::json groups_of_forks(const services& context) {
  auto all = nlohmann::json::array();
  int descriptor = first_group_of_forks;
  if (context.workload_groups)
    for (const auto& parent : context.workload_groups->parents())
      all.push_back(group_of_forks(parent, descriptor++, context.workload_groups->limits()));
  return all;
}

/// By which libraries find what users have set: matplotlib runs parts of its settings.
constexpr std::array places_of_settings{"HOME",         "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
                                        "MPLCONFIGDIR", "MATPLOTLIBRC",    "IPYTHONDIR"};

/// Has a program find nothing of users there. Returns what the variables were, null for those that were not.
nlohmann::json hide_settings(const services& context, std::vector<std::string>& environment) {
  auto before = nlohmann::json::object();
  for (const std::string name : places_of_settings) {
    const auto found = std::ranges::find_if(
        environment, [beginning = name + "="](const auto& item) { return item.starts_with(beginning); });
    before[name] =
        found == environment.end() ? nlohmann::json() : nlohmann::json(found->substr(name.size() + 1));
    if (found != environment.end())
      environment.erase(found);
  }
  environment.push_back("HOME=" + context.directory + "/no-home");
  environment.emplace_back("MATPLOTLIBRC=/etc/matplotlibrc");
  return before;
}

} // namespace

launcher::program fork_server_program(const services& context, bool isolate,
                                      const std::optional<launcher::confinement>& limits) {
  const auto settings = context.settings();
  nlohmann::json options{
      {"preload", config::split_list(settings->interpreter.python_preload)},
      {"isolate", isolate},
      {"capabilities", limits ? nlohmann::json(limits->capabilities) : nlohmann::json()},
      {"closes_proc", limits.has_value() && !settings->isolation.allow_mounts},
      {"writing", limits ? as_json(limits->writing) : nlohmann::json()},
      {"private_tmp", limits ? settings->isolation.private_tmp_bytes : 0},
      {"namespace_program", (context.programs / config::programs::namespace_init).string()},
      {"memory_limit", settings->interpreter.python_memory_bytes},
      {"groups", groups_of_forks(context)}};
  const bool is_strict = settings->isolation.level == config::isolation_level::strict;
  std::vector<std::string> arguments{settings->interpreter.python_program};
  if (is_strict) // nothing of PYTHONPATH and HOME but for its forks
    arguments = {trusted_program(context, arguments.front()), "-E", "-s"};
  arguments.push_back(context.programs / config::programs::interpreters / "python");
  auto made = make(context, std::move(arguments));
  options["environment"] = is_strict ? hide_settings(context, made.environment) : nlohmann::json::object();
  made.argv.push_back(options.dump());
  if (is_strict)
    made.directory = std::filesystem::path("/"); // GCC 12 warns of a string that it cannot see to be short
  made.is_trusted = true;                        // its forks are not
  return made;
}

launcher::program node_executor_program(const services& context) {
  return node_program(context, "executor.js");
}

launcher::program transpiler_program(const services& context) {
  return node_program(context, "transpiler.js");
}

} // namespace sandboxd::actors
