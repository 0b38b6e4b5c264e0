#include "launcher/socket_connector.hpp"

#include "launcher/descriptor.hpp"
#include "launcher/exhaustion.hpp"
#include "launcher/process_tree.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

/// asm-generic/socket.h has it since 6.5.
constexpr int peer_process = 77;

/// Enough for a path of PATH_MAX in the hierarchy of version 2 and usual ones in those of version 1.
constexpr std::size_t most_bytes = 16u << 10;

/// A descriptor of the process itself, not of its number.
descriptor connector_of(int socket) {
  int process = -1;
  socklen_t size = sizeof(process);
  const int result = ::getsockopt(socket, SOL_SOCKET, peer_process, &process, &size);
  return descriptor(result == 0 ? process : -1);
}

/// Whether nobody has reaped it, so that its number is still its own.
bool has_number(const descriptor& process) {
  return ::syscall(SYS_pidfd_send_signal, process.get(), 0, nullptr, 0) == 0 || errno == EPERM;
}

} // namespace

bool knows_connectors() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return false;
  const descriptor_pair pair{descriptor(ends[0]), descriptor(ends[1])};
  return static_cast<bool>(connector_of(pair.first.get()));
}

std::optional<std::string> groups_of_connector(int socket, pid_t number) {
  const auto process = connector_of(socket);
  if (!process) {
    throw_if_exhausted(errno);
    return std::nullopt;
  }
  std::array<char, most_bytes> buffer{};
  errno = 0;
  const auto text = read_proc_file(number, "cgroup", buffer);
  if (text.empty())
    throw_if_exhausted(errno);
  // What was read of the number was of the process only if that has it still.
  const bool is_whole = text.ends_with('\n');
  return is_whole && has_number(process) ? std::optional<std::string>(text) : std::nullopt;
}

} // namespace sandboxd::launcher
