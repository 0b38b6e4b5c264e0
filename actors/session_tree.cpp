#include "actors/session_tree.hpp"

#include "actors/init.hpp"
#include "actors/session.hpp"
#include "actors/shell.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor.hpp"

#include <utility>

namespace sandboxd::actors {

namespace {

using supervision::supervised;

/// What init gets on top of `session.kill-grace`, in which it ends everything in the session.
constexpr std::chrono::milliseconds clean_up_time{1000};

supervision::child_spec child(std::string id, supervision::start_function start,
                              const config::session_settings& settings) {
  supervision::child_spec spec;
  spec.id = std::move(id);
  spec.start = std::move(start);
  spec.start_timeout = settings.start_timeout;
  spec.shutdown = settings.kill_grace + clean_up_time;
  return spec;
}

} // namespace

supervision::child_spec session_tree(std::string child_id, const services_ptr& context,
                                     const session_options& options, const std::string& control_directory) {
  const auto settings_now = context->settings();
  const auto& settings = *settings_now;
  const bool isolate = options.isolate && settings.isolation.level != config::isolation_level::none;

  supervision::supervisor_spec tree;
  tree.strategy = supervision::strategy::rest_for_one;
  tree.intensity = settings.supervision.session_intensity;
  tree.period = std::chrono::duration_cast<std::chrono::seconds>(settings.supervision.session_period);
  tree.children = {child("session", supervised(session_behavior, context, options), settings.session),
                   child("init", supervised(init_behavior, context, isolate), settings.session),
                   child("shell", supervised(shell_behavior, context, control_directory), settings.session)};
  tree.children.back().restart = supervision::restart_type::transient;

  auto spec = supervision::supervisor_child(std::move(child_id), std::move(tree));
  spec.restart = supervision::restart_type::temporary;
  spec.kind = "session-supervisor";
  spec.start_timeout = 2 * settings.session.start_timeout;
  return spec;
}

} // namespace sandboxd::actors
