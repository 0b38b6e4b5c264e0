#include "launcher/hosts_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

constexpr std::size_t most_of_machine = 1 << 20;
constexpr mode_t for_everybody_to_read = 0644;

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

} // namespace

hosts_file::hosts_file(std::string path)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                                           for_everybody_to_read)) {
  if (!file_ || ::fchmod(file_.get(), for_everybody_to_read) != 0) // whatever the mask says
    fail(path_);
}

void hosts_file::write(std::string_view text) {
  struct stat info {};
  if (::fstat(file_.get(), &info) != 0)
    fail(path_);
  std::string whole(text);
  whole.resize(std::max(whole.size(), static_cast<std::size_t>(info.st_size)), '\n');
  if (::pwrite(file_.get(), whole.data(), whole.size(), 0) != static_cast<ssize_t>(whole.size()) ||
      ::ftruncate(file_.get(), static_cast<off_t>(text.size())) != 0)
    fail(path_);
}

std::string hosts_of_machine() {
  const descriptor file(::open("/etc/hosts", O_RDONLY | O_CLOEXEC));
  std::string text(most_of_machine, '\0');
  std::size_t used = 0;
  for (ssize_t count = 0; file && (count = ::read(file.get(), text.data() + used, text.size() - used)) > 0;)
    used += static_cast<std::size_t>(count);
  text.resize(used);
  return text;
}

} // namespace sandboxd::launcher
