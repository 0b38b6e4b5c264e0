#include "inspector/sandboxctl/daemon_watch.hpp"

#include "inspector/sandboxctl/failure.hpp"

#include <nlohmann/json.hpp>

namespace sandboxd::sandboxctl {

daemon_watch::sight daemon_watch::look() {
  if (!is_offered_)
    return {};
  try {
    const auto now = read_overview(server_->get("/inspector/api/overview"));
    const auto share = before_ ? cpu_share(*before_, now) : std::nullopt;
    before_ = now;
    return {now, share};
  } catch (const not_offered&) {
    is_offered_ = false;
    return {};
  }
}

} // namespace sandboxd::sandboxctl
