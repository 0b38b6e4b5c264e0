#include "actors/tree_parts.hpp"

#include "supervision/supervisor.hpp"

#include <chrono>
#include <utility>

namespace sandboxd::actors {

supervision::supervisor_spec with_limits(const config::supervision_settings& settings) {
  supervision::supervisor_spec spec;
  spec.intensity = settings.intensity;
  spec.period = std::chrono::duration_cast<std::chrono::seconds>(settings.period);
  return spec;
}

supervision::child_spec worker(std::string id, supervision::start_function start) {
  supervision::child_spec spec;
  spec.id = std::move(id);
  spec.start = std::move(start);
  return spec;
}

supervision::child_spec dynamic_supervisor(std::string id, const config::supervision_settings& settings,
                                           std::size_t max_children) {
  auto spec = with_limits(settings);
  spec.max_children = max_children;
  spec.strategy = supervision::strategy::dynamic;
  return supervision::supervisor_child(std::move(id), std::move(spec));
}

} // namespace sandboxd::actors
