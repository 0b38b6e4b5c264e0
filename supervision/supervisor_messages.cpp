#include "supervision/supervisor_messages.hpp"

namespace sandboxd::supervision {

std::string_view to_string(child_phase phase) noexcept {
  switch (phase) {
  case child_phase::starting:
    return "starting";
  case child_phase::running:
    return "running";
  case child_phase::exited:
    return "exited";
  case child_phase::restarting:
    return "restarting";
  case child_phase::stopping:
    return "stopping";
  case child_phase::stopped:
    return "stopped";
  }
  return "unknown";
}

bool lives(child_phase phase) noexcept {
  return phase == child_phase::starting || phase == child_phase::running || phase == child_phase::stopping;
}

} // namespace sandboxd::supervision
