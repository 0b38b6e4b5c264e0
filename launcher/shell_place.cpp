#include "launcher/shell_place.hpp"

#include "launcher/path_in_root.hpp"

#include <fmt/format.h>

#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

shell_place::shell_place(std::shared_ptr<const descriptor> root, pid_t process)
    : root_(std::move(root)), process_(process),
      handle_(static_cast<int>(::syscall(SYS_pidfd_open, process, 0))) {}

std::optional<std::string> shell_place::directory() const {
  auto path = path_in_root(root_->get(), fmt::format("/proc/{}/cwd", process_));
  // The number was still the shell's if it has not been reaped even now.
  if (!path || !handle_ || ::syscall(SYS_pidfd_send_signal, handle_.get(), 0, nullptr, 0) != 0)
    return std::nullopt;
  return path;
}

} // namespace sandboxd::launcher
