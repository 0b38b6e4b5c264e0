#pragma once

#include "launcher/background_worker.hpp"
#include "launcher/descriptor.hpp"

#include <functional>
#include <memory>

namespace sandboxd::launcher {

/// The network of all workloads where they have one of their own (`isolation.level = strict`): a network
/// namespace (network_namespaces(7)) with nothing but a loopback interface. Nothing leads out of it, and
/// nothing leads in but the sockets that this object makes. It lasts as long as the object, or a process in
/// it.
class network_namespace {
public:
  /// `socket`: connected to nothing, closed by execve(2), and the callee's from then on; -1: there is none,
  /// for the errno `error`.
  using socket_taker = std::function<void(int socket, int error)>;

  /// Makes it, with the interface up. Throws std::system_error that names the step: the kernel wants
  /// CAP_SYS_ADMIN and CAP_NET_ADMIN.
  static std::unique_ptr<network_namespace> make();

  network_namespace(const network_namespace&) = delete;
  network_namespace& operator=(const network_namespace&) = delete;

  /// For setns(2).
  [[nodiscard]] const descriptor& handle() const noexcept { return handle_; }

  /// Makes a TCP socket in it, of the family AF_INET or AF_INET6. `taker`, which must not throw, is called
  /// once, on the thread of this object, which it must not hold up; never when the object ends before. How
  /// many are asked for at once the caller bounds. Any thread.
  void open_socket(int family, socket_taker taker) const;

private:
  network_namespace() = default;

  descriptor handle_;
  /// It alone is in the namespace, from its first task to its end. No other thread of this process ever
  /// enters it: one that could not return would make sockets of workloads for everything else.
  const std::unique_ptr<background_worker> thread_ = std::make_unique<background_worker>();
};

} // namespace sandboxd::launcher
