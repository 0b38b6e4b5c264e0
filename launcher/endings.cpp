#include "launcher/endings.hpp"

#include <signal.h>

namespace sandboxd::launcher {

void ending::pursue(const std::vector<process_entry>& left, clock::time_point now) {
  for (const auto& entry : left) {
    if (now >= deadline_) {
      signal_process(entry, SIGKILL);
    } else if (asked_.emplace(entry.pid, entry.start_time).second) {
      signal_process(entry, SIGTERM);
      signal_process(entry, SIGCONT); // a stopped process sees SIGTERM only when it continues
    }
  }
}

} // namespace sandboxd::launcher
