#include "launcher/unix_message.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

constexpr std::size_t control_size =
    CMSG_SPACE(sizeof(int) * max_passed_descriptors) + CMSG_SPACE(sizeof(ucred));

struct control_buffer {
  alignas(cmsghdr) char bytes[control_size] = {};
};

cmsghdr* append_header(msghdr& header, cmsghdr* previous, int type, std::size_t size) {
  cmsghdr* part = previous == nullptr ? CMSG_FIRSTHDR(&header) : CMSG_NXTHDR(&header, previous);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = type;
  part->cmsg_len = CMSG_LEN(size);
  return part;
}

void take_descriptors(const cmsghdr& part, received_extras& extras) {
  const std::size_t count = (part.cmsg_len - CMSG_LEN(0)) / sizeof(int);
  for (std::size_t i = 0; i < count; ++i) {
    int number = -1;
    std::memcpy(&number, CMSG_DATA(&part) + i * sizeof(int), sizeof(int));
    descriptor owned(number);
    if (extras.descriptor_count < extras.descriptors.size())
      extras.descriptors[extras.descriptor_count++] = std::move(owned);
  }
}

} // namespace

void receive_sender_pids(int socket) {
  const int on = 1;
  if (::setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) != 0)
    throw std::system_error(errno, std::generic_category(), "SO_PASSCRED");
}

int send_bytes(int socket, std::span<const std::byte> bytes, std::span<const int> descriptors,
               pid_t named_process, int flags) {
  if (descriptors.size() > max_passed_descriptors)
    return EINVAL;
  iovec data{const_cast<std::byte*>(bytes.data()), bytes.size()};
  control_buffer control;
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = control_size;

  cmsghdr* part = nullptr;
  std::size_t used = 0;
  if (!descriptors.empty()) {
    part = append_header(header, part, SCM_RIGHTS, descriptors.size_bytes());
    std::memcpy(CMSG_DATA(part), descriptors.data(), descriptors.size_bytes());
    used += CMSG_SPACE(descriptors.size_bytes());
  }
  if (named_process != 0) {
    const ucred credentials{named_process, ::geteuid(), ::getegid()};
    part = append_header(header, part, SCM_CREDENTIALS, sizeof(credentials));
    std::memcpy(CMSG_DATA(part), &credentials, sizeof(credentials));
    used += CMSG_SPACE(sizeof(credentials));
  }
  header.msg_controllen = used;
  if (used == 0)
    header.msg_control = nullptr;

  for (;;) {
    if (::sendmsg(socket, &header, MSG_NOSIGNAL | flags) >= 0)
      return 0;
    if (errno != EINTR)
      return errno;
  }
}

receive_result receive_bytes(int socket, std::span<std::byte> bytes, received_extras& extras, int flags) {
  iovec data{bytes.data(), bytes.size()};
  control_buffer control;
  msghdr header{};
  header.msg_iov = &data;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes;
  header.msg_controllen = control_size;

  ssize_t received = -1;
  do {
    received = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | flags);
  } while (received < 0 && errno == EINTR);
  if (received < 0)
    return errno == EAGAIN || errno == EWOULDBLOCK ? receive_result::would_block : receive_result::closed;

  extras = {};
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET)
      continue;
    if (part->cmsg_type == SCM_RIGHTS)
      take_descriptors(*part, extras);
    if (part->cmsg_type == SCM_CREDENTIALS) {
      ucred credentials{};
      std::memcpy(&credentials, CMSG_DATA(part), sizeof(credentials));
      extras.sender = credentials.pid;
    }
  }
  const bool fits = static_cast<std::size_t>(received) == bytes.size() && (header.msg_flags & MSG_TRUNC) == 0;
  return fits ? receive_result::message : receive_result::closed;
}

} // namespace sandboxd::launcher
