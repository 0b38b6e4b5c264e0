#include "launcher/workload_filter.hpp"

#include "launcher/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

using filter_context = std::unique_ptr<void, decltype(&seccomp_release)>;

/// By names that libseccomp knows, also where this architecture or kernel has none of them.
constexpr std::array mounts{"mount",  "umount",   "umount2", "move_mount", "open_tree",
                            "fsopen", "fsconfig", "fsmount", "fspick",     "mount_setattr"};

constexpr std::array refused{"pivot_root", "setns",
                             // keys, which belong to users and not to namespaces
                             "add_key", "keyctl", "request_key",
                             // programs in the kernel, and what watches it
                             "bpf", "perf_event_open", "userfaultfd", "fanotify_init", "lookup_dcookie",
                             // the machine
                             "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
                             "reboot", "swapon", "swapoff", "settimeofday", "stime", "clock_settime",
                             "clock_settime64", "clock_adjtime", "clock_adjtime64", "adjtimex", "acct",
                             "quotactl", "quotactl_fd", "syslog", "vhangup", "iopl", "ioperm", "sethostname",
                             "setdomainname",
                             // files by what no path leads to
                             "open_by_handle_at",
                             // operations that no filter sees
                             "io_uring_setup", "io_uring_enter", "io_uring_register"};

/// Of clone(2) and unshare(2). CLONE_NEWTIME shares its bit with the signal of clone(2), which cannot make
/// one.
constexpr std::array namespaces{CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
                                CLONE_NEWUSER, CLONE_NEWPID,    CLONE_NEWNET};
constexpr unsigned new_time = 0x80; // CLONE_NEWTIME, which older headers lack

/// In ascending order. netlink(7) asks this machine's kernel alone, as getaddrinfo(3) does.
constexpr std::array allowed_families{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};

/// libseccomp returns negative error numbers.
void check(int result) {
  if (result < 0)
    throw std::system_error(-result, std::generic_category(), "filter of system calls");
}

template <class... Condition>
void refuse(const filter_context& context, const char* call, int error, Condition... when) {
  const int number = seccomp_syscall_resolve_name(call);
  if (number == __NR_SCMP_ERROR)
    throw std::system_error(ENOSYS, std::generic_category(), call);
  check(seccomp_rule_add(context.get(), SCMP_ACT_ERRNO(static_cast<unsigned>(error)), number, sizeof...(when),
                         when...));
}

/// What is not among `allowed_families`, number by number, and all that comes after the last.
void refuse_other_families(const filter_context& context) {
  for (const char* call : {"socket", "socketpair"}) {
    for (int family = 0; family < allowed_families.back(); ++family)
      if (std::ranges::find(allowed_families, family) == allowed_families.end())
        refuse(context, call, EAFNOSUPPORT, SCMP_A0(SCMP_CMP_EQ, static_cast<scmp_datum_t>(family)));
    refuse(context, call, EAFNOSUPPORT,
           SCMP_A0(SCMP_CMP_GT, static_cast<scmp_datum_t>(allowed_families.back())));
  }
}

system_call_filter to_program(const filter_context& context) {
  const descriptor file(::memfd_create("filter", MFD_CLOEXEC));
  struct stat info {};
  check(file ? seccomp_export_bpf(context.get(), file.get()) : -errno);
  check(::fstat(file.get(), &info) == 0 ? 0 : -errno);
  system_call_filter program(static_cast<std::size_t>(info.st_size) / sizeof(sock_filter));
  if (::pread(file.get(), program.data(), program.size() * sizeof(sock_filter), 0) != info.st_size)
    throw std::system_error(EIO, std::generic_category(), "filter of system calls");
  return program;
}

} // namespace

system_call_filter make_workload_filter(bool allow_mounts, bool limit_sockets) {
  const filter_context context(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (!context)
    throw std::system_error(ENOMEM, std::generic_category(), "filter of system calls");
  // Of other architectures only the one whose programs this machine may run as well.
  check(seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)));
  if (seccomp_arch_native() == SCMP_ARCH_X86_64)
    check(seccomp_arch_add(context.get(), SCMP_ARCH_X86));
  for (const char* call : refused)
    refuse(context, call, EPERM);
  if (!allow_mounts)
    for (const char* call : mounts)
      refuse(context, call, EPERM);
  for (const auto flag : namespaces)
    for (const char* call : {"clone", "unshare"}) {
      const auto bit = static_cast<scmp_datum_t>(flag);
      refuse(context, call, EPERM, SCMP_A0(SCMP_CMP_MASKED_EQ, bit, bit));
    }
  refuse(context, "unshare", EPERM, SCMP_A0(SCMP_CMP_MASKED_EQ, new_time, new_time));
  refuse(context, "clone3", ENOSYS);
  if (limit_sockets)
    refuse_other_families(context);
  return to_program(context);
}

} // namespace sandboxd::launcher
