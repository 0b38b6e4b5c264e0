#include "launcher/circular_file.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

/// Makes system calls of the form of pread(2) and pwrite(2), each for bytes that lie in one piece, until
/// `size` bytes are done or one fails. Returns how many are done.
template <typename Call>
std::size_t piecewise(std::uint64_t position, std::size_t size, std::uint64_t capacity, const Call& call) {
  std::size_t done = 0;
  while (done < size) {
    const std::uint64_t offset = (position + done) % capacity;
    const ssize_t count =
        call(done, std::min<std::uint64_t>(size - done, capacity - offset), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      break;
    done += static_cast<std::size_t>(count);
  }
  return done;
}

} // namespace

bool circular_file::write(std::uint64_t position, std::string_view bytes) {
  return piecewise(position, bytes.size(), capacity_, [&](std::size_t done, std::size_t size, off_t offset) {
           return ::pwrite(file_.get(), bytes.data() + done, size, offset);
         }) == bytes.size();
}

std::size_t circular_file::read(std::uint64_t position, char* buffer, std::size_t size) const {
  return piecewise(position, size, capacity_, [&](std::size_t done, std::size_t wanted, off_t offset) {
    return ::pread(file_.get(), buffer + done, wanted, offset);
  });
}

void circular_file::discard(std::uint64_t position, std::uint64_t size) {
  piecewise(position, size, capacity_, [&](std::size_t, std::size_t wanted, off_t offset) {
    const int result = ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
                                   static_cast<off_t>(wanted));
    return result == 0 ? static_cast<ssize_t>(wanted) : -1;
  });
}

} // namespace sandboxd::launcher
