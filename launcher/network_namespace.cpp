#include "launcher/network_namespace.hpp"

#include <cerrno>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <future>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace sandboxd::launcher {

namespace {

constexpr std::string_view loopback = "lo"; // the only interface of a new one

[[noreturn]] void fail(const char* step) {
  throw std::system_error(errno, std::generic_category(), step);
}

void bring_loopback_up() {
  constexpr const char* step = "bring up the loopback interface";
  const descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq interface {};
  std::memcpy(interface.ifr_name, loopback.data(), loopback.size());
  if (!socket || ::ioctl(socket.get(), SIOCGIFFLAGS, &interface) != 0)
    fail(step);
  interface.ifr_flags = static_cast<short>(interface.ifr_flags | IFF_UP);
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &interface) != 0)
    fail(step);
}

/// Moves the calling thread alone.
descriptor enter_new_namespace() {
  if (::unshare(CLONE_NEWNET) != 0)
    fail("make a network namespace");
  bring_loopback_up();
  descriptor handle(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!handle)
    fail("open the network namespace");
  return handle;
}

} // namespace

std::unique_ptr<network_namespace> network_namespace::make() {
  std::unique_ptr<network_namespace> made(new network_namespace);
  const auto entered = std::make_shared<std::promise<descriptor>>();
  made->thread_->run([entered] {
    try {
      entered->set_value(enter_new_namespace());
    } catch (...) {
      entered->set_exception(std::current_exception());
    }
  });
  made->handle_ = entered->get_future().get();
  return made;
}

void network_namespace::open_socket(int family, socket_taker taker) const {
  thread_->run([family, taker = std::move(taker)] {
    const int socket = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    taker(socket, socket < 0 ? errno : 0);
  });
}

} // namespace sandboxd::launcher
