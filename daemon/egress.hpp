#pragma once

#include "config/settings.hpp"
#include "daemon/log.hpp"
#include "launcher/workload_groups.hpp"

#include <memory>
#include <string>
#include <thread>

namespace sandboxd::daemon {

/// `network.egress` in force: rules of the kernel for what workloads send, and the names among what they may
/// reach, which a thread of its own looks up and keeps in a file for them to find.
class egress {
public:
  /// Null where everything is open. Waits some seconds for the names at most. `directory`: the daemon's own.
  /// `groups` may be null, of workloads that are in none. To be called while the daemon has no threads that
  /// start others. Throws std::runtime_error, with key and reason, where it cannot be enforced.
  static std::unique_ptr<egress> enforce(const config::network_settings& settings,
                                         const launcher::workload_groups* groups,
                                         const std::string& directory, log& lines);

  /// Opens everything again. A look-up under way is not waited for long.
  ~egress();
  egress(const egress&) = delete;
  egress& operator=(const egress&) = delete;

  /// That workloads are to see as /etc/hosts; empty: their own will do.
  [[nodiscard]] const std::string& hosts_file() const noexcept { return hosts_file_; }

private:
  struct shared;

  explicit egress(std::shared_ptr<shared> with);
  void start_to_look_up();

  std::shared_ptr<shared> shared_; // with the thread, which may outlive this object by a look-up
  std::string hosts_file_;
  std::thread thread_;
};

} // namespace sandboxd::daemon
