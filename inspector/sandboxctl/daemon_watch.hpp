#pragma once

#include "inspector/sandboxctl/client.hpp"
#include "inspector/sandboxctl/overview.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace sandboxd::sandboxctl {

/// Looks at the daemon as a whole again and again.
class daemon_watch {
public:
  struct sight {
    std::optional<overview> daemon;  ///< nothing when the server does not tell
    std::optional<double> cpu_share; ///< of one processor since the look before
  };

  explicit daemon_watch(std::unique_ptr<client> server) : server_(std::move(server)) {}

  /// Throws `failure` when there is no server.
  sight look();

private:
  std::unique_ptr<client> server_;
  std::optional<overview> before_;
  bool is_offered_ = true;
};

} // namespace sandboxd::sandboxctl
