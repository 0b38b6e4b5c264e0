#include "launcher/confinement.hpp"

#include <array>
#include <cerrno>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

int give_up_capabilities(std::uint64_t kept) {
  // Where it is refused (no CAP_SETPCAP) the sets have to do: without new privileges they never grow again.
  for (int number = 0; ::prctl(PR_CAPBSET_READ, number) >= 0; ++number)
    if ((kept & capability(number)) == 0)
      ::prctl(PR_CAPBSET_DROP, number);
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  if (::syscall(SYS_capget, &header, sets.data()) != 0)
    return errno;
  for (unsigned half = 0; half < sets.size(); ++half) {
    const auto part = static_cast<std::uint32_t>(kept >> (32 * half));
    sets[half].permitted &= part;
    sets[half].effective &= part;
    sets[half].inheritable = 0;
  }
  return ::syscall(SYS_capset, &header, sets.data()) == 0 ? 0 : errno;
}

} // namespace

confinement make_confinement(bool allow_mounts, bool limit_sockets) {
  return {workload_capabilities | (allow_mounts ? capability(CAP_SYS_ADMIN) : 0),
          make_workload_filter(allow_mounts, limit_sockets),
          {}};
}

int confine(const confinement& to, int rules) noexcept {
  constexpr rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  if (const int error = give_up_capabilities(to.capabilities); error != 0)
    return error;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return errno;
  if (rules >= 0)
    if (const int error = keep_to_writing_rules(rules); error != 0)
      return error;
  // The kernel reads it only.
  const sock_fprog program{static_cast<unsigned short>(to.filter.size()),
                           const_cast<sock_filter*>(to.filter.data())};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : errno;
}

} // namespace sandboxd::launcher
