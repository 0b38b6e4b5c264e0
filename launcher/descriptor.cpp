#include "launcher/descriptor.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <system_error>

namespace sandboxd::launcher {

namespace {

descriptor_pair adopt(int result, const int (&ends)[2], const char* what) {
  if (result != 0)
    throw std::system_error(errno, std::generic_category(), what);
  return {descriptor(ends[0]), descriptor(ends[1])};
}

} // namespace

descriptor_pair make_pipe() {
  int ends[2] = {-1, -1};
  const int result = ::pipe2(ends, O_CLOEXEC);
  return adopt(result, ends, "pipe2");
}

descriptor_pair make_seqpacket_pair() {
  int ends[2] = {-1, -1};
  const int result = ::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
  return adopt(result, ends, "socketpair");
}

} // namespace sandboxd::launcher
