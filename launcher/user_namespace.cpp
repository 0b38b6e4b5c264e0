#include "launcher/user_namespace.hpp"

#include "launcher/confinement.hpp"
#include "launcher/descriptor.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <string>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

using capability_sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

bool get_capabilities(capability_sets& sets) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  return ::syscall(SYS_capget, &header, sets.data()) == 0;
}

int write_file(const char* path, const std::string& text) {
  const descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  return file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0
                                                                                                    : errno;
}

/// One number that is the same within and without.
std::string only(unsigned number) {
  const auto digits = std::to_string(number);
  return digits + " " + digits + " 1\n";
}

/// May fail half-way, in a namespace in which this process is nobody.
int enter() {
  const auto user = only(::geteuid());
  const auto group = only(::getegid());
  if (::unshare(CLONE_NEWUSER) != 0)
    return errno;
  // Without the second the kernel lets nobody map groups who has no privilege outside.
  for (const auto& [path, text] :
       {std::pair("/proc/self/uid_map", user), std::pair("/proc/self/setgroups", std::string("deny")),
        std::pair("/proc/self/gid_map", group)})
    if (const int error = write_file(path, text); error != 0)
      return error;
  return 0;
}

} // namespace

bool lacks_privileges() {
  capability_sets sets{};
  const auto wanted = capability(CAP_SYS_ADMIN);
  return ::geteuid() != 0 && (!get_capabilities(sets) || (sets[0].effective & wanted) == 0);
}

int enter_user_namespace() {
  const pid_t trial = ::fork();
  if (trial == 0)
    ::_exit(enter());
  int status = 0;
  if (trial < 0 || ::waitpid(trial, &status, 0) != trial)
    return errno;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPROTO;
  return enter();
}

void pass_capabilities_on() noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  capability_sets sets{};
  if (!get_capabilities(sets))
    return;
  for (auto& half : sets)
    half.inheritable = half.permitted;
  if (::syscall(SYS_capset, &header, sets.data()) != 0)
    return;
  for (int number = 0; ::prctl(PR_CAPBSET_READ, number) >= 0; ++number)
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0); // those alone that it has
}

} // namespace sandboxd::launcher
