#include "actors/interpreter_programs.hpp"

#include "config/programs.hpp"
#include "config/settings.hpp"
#include "launcher/group_directory.hpp"
#include "launcher/group_limits.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string_view>
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

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const auto end = list.find(',');
    if (const auto item = list.substr(0, end); !item.empty())
      items.emplace_back(item);
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  }
  return items;
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

} // namespace

launcher::program fork_server_program(const services& context, bool isolate,
                                      const std::optional<launcher::confinement>& limits) {
  const auto settings = context.settings();
  const nlohmann::json options{
      {"preload", split(settings->interpreter.python_preload)},
      {"isolate", isolate},
      {"capabilities", limits ? nlohmann::json(limits->capabilities) : nlohmann::json()},
      {"closes_proc", limits.has_value() && !settings->isolation.allow_mounts},
      {"namespace_program", (context.programs / config::programs::namespace_init).string()},
      {"memory_limit", settings->interpreter.python_memory_bytes},
      {"groups", groups_of_forks(context)}};
  auto made = make(context, {settings->interpreter.python_program,
                             context.programs / config::programs::interpreters / "python", options.dump()});
  made.is_trusted = true; // its forks are not
  return made;
}

launcher::program node_executor_program(const services& context) {
  return node_program(context, "executor.js");
}

launcher::program transpiler_program(const services& context) {
  return node_program(context, "transpiler.js");
}

} // namespace sandboxd::actors
