#include "actors/sandbox_tree.hpp"

#include "actors/file_pool.hpp"
#include "actors/file_worker.hpp"
#include "actors/launcher.hpp"
#include "actors/local_watch_source.hpp"
#include "actors/port_registry.hpp"
#include "actors/process_starter.hpp"
#include "actors/session_manager.hpp"
#include "actors/tree_parts.hpp"
#include "actors/watch_registry.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor.hpp"

#include <caf/spawn_options.hpp>
#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace sandboxd::actors {

namespace {

using supervision::child_spec;
using supervision::supervised;
using supervision::supervisor_spec;

/// The pool comes first and may be restarted alone: it finds its workers again, and they find it.
child_spec files_tree(const services_ptr& context) {
  const auto settings = context->settings();
  auto files = with_limits(settings->supervision);
  files.children = {worker("pool", supervised(file_pool_behavior, context))};
  for (std::uint64_t i = 1; i <= settings->files.workers; ++i)
    files.children.push_back(
        worker(fmt::format("worker-{}", i), supervised<caf::detached>(file_worker_behavior)));
  return supervision::supervisor_child("files", std::move(files));
}

child_spec ports_tree(const services_ptr& context) {
  const auto settings = context->settings();
  auto tree = with_limits(settings->supervision);
  tree.children = {dynamic_supervisor("watches", settings->supervision, settings->ports.max_watches),
                   worker("registry", supervised(port_registry_behavior, context))};
  return supervision::supervisor_child("ports", std::move(tree));
}

} // namespace

child_spec sandbox_tree(const services_ptr& context,
                        const std::shared_ptr<const supervision::directory>& directory) {
  const auto settings_now = context->settings();
  const auto& settings = settings_now->supervision;
  auto workload = with_limits(settings);
  workload.children = {
      dynamic_supervisor("sessions", settings),
      dynamic_supervisor("executions", settings, settings_now->session.max_sessionless_commands),
      dynamic_supervisor("processes", settings),
      worker("process-starter", supervised(process_starter_behavior, context)),
      dynamic_supervisor("git", settings),
      files_tree(context),
      ports_tree(context),
      dynamic_supervisor("watches", settings, 2 * settings_now->watch.max_watches), // some still end
      worker("watch-registry",
             supervised(watch_registry_behavior, context, make_local_watch_sources(context, directory))),
      worker("session-manager", supervised(session_manager_behavior, context))};

  // One for one: running sessions need no launcher, so its crash must not cost them.
  auto sandbox = with_limits(settings);
  sandbox.children = {worker("launcher", supervised(launcher_behavior, context)),
                      supervision::supervisor_child("workload", std::move(workload))};
  return supervision::supervisor_child("sandbox", std::move(sandbox));
}

} // namespace sandboxd::actors
