#include "actors/sandbox_tree.hpp"

#include "actors/launcher.hpp"
#include "actors/session_manager.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor.hpp"

#include <cstddef>
#include <utility>

namespace sandboxd::actors {

namespace {

using supervision::child_spec;
using supervision::supervised;
using supervision::supervisor_spec;

supervisor_spec with_limits(const config::supervision_settings& settings) {
  supervisor_spec spec;
  spec.intensity = settings.intensity;
  spec.period = std::chrono::duration_cast<std::chrono::seconds>(settings.period);
  return spec;
}

child_spec worker(std::string id, supervision::start_function start) {
  child_spec spec;
  spec.id = std::move(id);
  spec.start = std::move(start);
  return spec;
}

child_spec dynamic_supervisor(std::string id, const config::supervision_settings& settings,
                              std::size_t max_children = 0) {
  auto spec = with_limits(settings);
  spec.max_children = max_children;
  spec.strategy = supervision::strategy::dynamic;
  return supervision::supervisor_child(std::move(id), std::move(spec));
}

} // namespace

child_spec sandbox_tree(const services_ptr& context) {
  const auto settings_now = context->settings();
  const auto& settings = settings_now->supervision;
  auto workload = with_limits(settings);
  workload.children = {
      dynamic_supervisor("sessions", settings),
      dynamic_supervisor("executions", settings, settings_now->session.max_sessionless_commands),
      worker("session-manager", supervised(session_manager_behavior, context))};

  // One for one: running sessions need no launcher, so its crash must not cost them.
  auto sandbox = with_limits(settings);
  sandbox.children = {worker("launcher", supervised(launcher_behavior, context)),
                      supervision::supervisor_child("workload", std::move(workload))};
  return supervision::supervisor_child("sandbox", std::move(sandbox));
}

} // namespace sandboxd::actors
