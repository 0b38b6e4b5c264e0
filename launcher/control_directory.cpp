#include "launcher/control_directory.hpp"

#include "launcher/background_worker.hpp"
#include "launcher/descriptor.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

control_directory::control_directory(std::string path, std::shared_ptr<background_worker> background)
    : path_(std::move(path)), background_(std::move(background)) {}

control_directory::~control_directory() {
  for (const char* const name :
       {"start", "run", "run-inline", "command", "with", "restore", "fork", "out", "err"})
    remove(name);
  if (::rmdir(path_.c_str()) != 0 && errno == ENOTEMPTY && background_)
    background_->remove(std::move(path_));
}

void control_directory::make() const {
  std::error_code ignored;
  std::filesystem::create_directories(path_, ignored);
  ::chmod(path_.c_str(), 0700);
}

void control_directory::write(std::string_view name, std::string_view text) const {
  remove(name);
  const descriptor file(
      ::open(path_of(name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file)
    throw std::system_error(errno, std::generic_category(), "open control file");
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0)
      throw std::system_error(errno, std::generic_category(), "write control file");
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void control_directory::remove(std::string_view name) const {
  ::unlink(path_of(name).c_str());
}

bool control_directory::has(std::string_view name) const {
  return ::faccessat(AT_FDCWD, path_of(name).c_str(), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

std::string control_directory::path_of(std::string_view name) const {
  return path_ + '/' + std::string(name);
}

} // namespace sandboxd::launcher
