#pragma once

#include "launcher/descriptor.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <sys/types.h>
#include <type_traits>

namespace sandboxd::launcher {

/// Most descriptors one message carries: a program, its standard streams and some of its own.
inline constexpr std::size_t max_passed_descriptors = 10;

/// What arrived with one datagram besides its bytes.
struct received_extras {
  std::array<descriptor, max_passed_descriptors> descriptors;
  std::size_t descriptor_count = 0;
  /// The sender's process id as seen from the receiver's PID namespace (SCM_CREDENTIALS; unix(7)), or the
  /// process the sender named; 0 when the receiver did not ask for it (`receive_sender_pids`).
  pid_t sender = 0;
};

enum class receive_result { message, would_block, closed };

/// Makes the kernel attach the sender's pid to every message received from now on.
void receive_sender_pids(int socket);

/// Sends one datagram. `named_process`, when not 0, is attached instead of the sender's own pid: the kernel
/// translates it into the receiver's PID namespace (the sender needs CAP_SYS_ADMIN in its namespace).
/// Returns 0 or an errno; EINVAL for more than `max_passed_descriptors`. Blocks while the socket's buffer is
/// full, unless `flags` says MSG_DONTWAIT.
int send_bytes(int socket, std::span<const std::byte> bytes, std::span<const int> descriptors = {},
               pid_t named_process = 0, int flags = 0);

/// Receives one datagram of exactly `bytes.size()` bytes; one of another size counts as `closed`, since both
/// ends are this program. Descriptors arrive close-on-exec.
receive_result receive_bytes(int socket, std::span<std::byte> bytes, received_extras& extras, int flags = 0);

/// `send_bytes` for a plain structure.
template <class Message>
int send_message(int socket, const Message& message, std::span<const int> descriptors = {},
                 pid_t named_process = 0, int flags = 0) {
  static_assert(std::is_trivially_copyable_v<Message>);
  return send_bytes(socket, std::as_bytes(std::span(&message, 1)), descriptors, named_process, flags);
}

/// `receive_bytes` for a plain structure.
template <class Message>
receive_result receive_message(int socket, Message& message, received_extras& extras, int flags = 0) {
  static_assert(std::is_trivially_copyable_v<Message>);
  return receive_bytes(socket, std::as_writable_bytes(std::span(&message, 1)), extras, flags);
}

} // namespace sandboxd::launcher
