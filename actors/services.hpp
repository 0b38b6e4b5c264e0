#pragma once

#include "config/settings.hpp"

#include <asio/io_context.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::actors {

/// What every actor of the sandbox is given: where operating system work happens, the settings, and the environment
/// of workloads. Made once by main() and shared; outlives the actors. Any thread.
class services {
public:
  services(asio::io_context& where, std::shared_ptr<const config::settings> settings,
           std::vector<std::string> workload_environment)
      : io(where), environment(std::move(workload_environment)), settings_(std::move(settings)) {}

  /// The settings in force now; they change as a whole when the configuration is read again.
  [[nodiscard]] std::shared_ptr<const config::settings> settings() const { return settings_.load(); }
  void use(std::shared_ptr<const config::settings> settings) { settings_.store(std::move(settings)); }

  asio::io_context& io;
  /// "NAME=value" each: what shells and programs inherit (HTTP.md 4.4), before anything a session adds.
  const std::vector<std::string> environment;

private:
  std::atomic<std::shared_ptr<const config::settings>> settings_;
};

using services_ptr = std::shared_ptr<services>;

} // namespace sandboxd::actors
