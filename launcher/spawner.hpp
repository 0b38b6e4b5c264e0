#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/group_directory.hpp"
#include "launcher/group_limits.hpp"
#include "launcher/protocol.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sandboxd::launcher {

/// The daemon's side of the spawner: starts the spawner process and asks it for inits. Destroying it ends the
/// spawner; the inits it made live on.
class spawner {
public:
  struct options {
    /// Whether what is started below its inits is confined, but for trusted programs.
    bool confine = false;
    /// Whether that may mount all the same.
    bool allow_mounts = false;
    /// Whether by all means there are (`spawner_arguments`).
    bool is_strict = false;
    /// Whether it makes sockets of few families only (`make_workload_filter`).
    bool limit_sockets = false;
    /// In which each init gets a group of its own; null: none. Not needed after `start`.
    const std::vector<group_parent>* groups = nullptr;
    /// In which each init is; null: the daemon's own. Not needed after `start`.
    const descriptor* network = nullptr;
    /// Of each such group, but for inits that ask for none.
    group_limits limits;
    /// Shown to workloads as /etc/hosts; empty: none.
    std::string hosts_file;
    /// Where workloads may write when `is_strict` (`writable_places`).
    std::vector<std::string> writable;
    /// The directory of shells' control files.
    std::string control_files;
    /// Of the /tmp that each isolated init has for itself; 0: it shares the machine's.
    std::uint64_t private_tmp_bytes = 0;
  };

  struct callbacks {
    /// It takes requests. With the root directory (O_PATH) of what it starts without namespaces, on which
    /// everything stays mounted after the spawner's end too. Called once, on an I/O thread.
    std::function<void(const protocol::spawner_report&, std::shared_ptr<const descriptor> root)> ready;
    /// It has ended although this object lives. Called once, on an I/O thread.
    std::function<void()> died;
  };

  /// Starts the process from `program` (O_PATH). Uses posix_spawn(3), which does not copy the daemon, so it
  /// may be called while threads run. Throws std::system_error.
  static std::shared_ptr<spawner> start(asio::io_context& io, const descriptor& program, const options& how,
                                        callbacks events);

  ~spawner();
  spawner(const spawner&) = delete;
  spawner& operator=(const spawner&) = delete;

  /// Asks for an init and returns the daemon's end of its socket, on which everything else is told, a failure
  /// too (`protocol::event_kind::hello`). A dead spawner shows as the socket's end. Returns no descriptor
  /// when the spawner has more requests before it than its socket holds: see `when_ready`. May be called from
  /// one thread at a time. Throws std::system_error when there is no descriptor left.
  [[nodiscard]] descriptor spawn(const protocol::spawn_request& wanted) const;

  /// Calls `ready` on an I/O thread when the spawner takes requests again, or ends. Threads as `spawn`.
  void when_ready(std::function<void()> ready) const;

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }

private:
  spawner(asio::io_context& io, descriptor socket, pid_t pid);
  static void watch(const std::shared_ptr<asio::posix::stream_descriptor>& socket, callbacks events);

  std::shared_ptr<asio::posix::stream_descriptor> socket_;
  pid_t pid_;
};

} // namespace sandboxd::launcher
