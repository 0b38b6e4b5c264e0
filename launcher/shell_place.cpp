#include "launcher/shell_place.hpp"

#include <fmt/format.h>

#include <array>
#include <linux/limits.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

shell_place::shell_place(std::shared_ptr<const descriptor> root, pid_t process)
    : root_(std::move(root)), process_(process),
      handle_(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))) {}

std::optional<std::string> shell_place::directory() const {
  std::array<char, PATH_MAX> text;
  const auto link = fmt::format("/proc/{}/cwd", process_);
  const ssize_t length = ::readlink(link.c_str(), text.data(), text.size());
  // The number was still the shell's if it has not been reaped even now.
  if (length <= 0 || !handle_ || ::syscall(SYS_pidfd_send_signal, handle_.get(), 0, nullptr, 0) != 0)
    return std::nullopt;
  return std::string(text.data(), static_cast<std::size_t>(length));
}

} // namespace sandboxd::launcher
