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
  services(asio::io_context& where, std::shared_ptr<const config::settings> settings, std::string runtime_directory,
           std::vector<std::string> workload_environment)
      : io(where), directory(std::move(runtime_directory)), environment(std::move(workload_environment)),
        settings_(std::move(settings)) {}

  /// The settings in force now; they change as a whole when the configuration is read again.
  [[nodiscard]] std::shared_ptr<const config::settings> settings() const { return settings_.load(); }
  void use(std::shared_ptr<const config::settings> settings) { settings_.store(std::move(settings)); }

  asio::io_context& io;
  /// This daemon's own directory: control files, spilled output. Mode 0700, empty at the start.
  const std::string directory;
  /// "NAME=value" each: what shells and programs inherit (HTTP.md 4.4), before anything a session adds.
  const std::vector<std::string> environment;

private:
  std::atomic<std::shared_ptr<const config::settings>> settings_;
};

using services_ptr = std::shared_ptr<services>;

} // namespace sandboxd::actors
