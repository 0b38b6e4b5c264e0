#include "launcher/confinement.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/init_process.hpp"
#include "launcher/kernel_mounts.hpp"
#include "launcher/protocol.hpp"
#include "launcher/unix_message.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/sched.h>
#include <optional>
#include <sched.h>
#include <signal.h>
#include <string_view>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The spawner: a single-threaded process whose only work is to fork inits when the daemon asks
/// (`protocol::spawn_request`). Runs until the daemon's end of its socket is closed.
namespace sandboxd::launcher {

namespace {

/// What all inits have in common.
struct surroundings {
  const confinement* limits = nullptr; ///< of what they start; null: none
  bool closes_proc = false;            ///< that of their own
  int group = -1;                      ///< directory of the control group they begin in; -1: the spawner's
};

/// fork(2) with additional clone(2) flags. To begin in a group costs nothing; to be moved there takes
/// milliseconds.
pid_t fork_with(unsigned long flags, int group) {
  if (group < 0)
    return static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, 0));
  clone_args arguments{};
  arguments.flags = flags | CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<__u64>(group);
  return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

/// Gives this process, the first of its PID namespace, a /proc that shows that namespace.
/// The old /proc is made private first, so that the new one never propagates out of the mount namespace,
/// while all other mounts keep the propagation the container has chosen.
int mount_own_proc(const surroundings& shared) {
  if (::mount(nullptr, "/proc", nullptr, MS_PRIVATE, nullptr) != 0 ||
      ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    return errno;
  return shared.closes_proc ? close_proc() : 0;
}

void refuse(int socket, int error) {
  protocol::event refusal;
  refusal.kind = protocol::event_kind::refused;
  refusal.value = error;
  send_message(socket, refusal, {}, 0, MSG_DONTWAIT);
}

[[noreturn]] void become_init(int socket, bool isolated, int isolation_error, const surroundings& shared) {
  if (isolated)
    if (const int error = mount_own_proc(shared); error != 0) {
      refuse(socket, error);
      ::_exit(1);
    }
  ::_exit(run_init(socket, isolated, isolation_error, shared.limits));
}

/// Has a process try to isolate itself; returns the errno that prevented it, else 0.
int try_isolation(const surroundings& shared) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return errno;
  const descriptor reader(ends[0]);
  descriptor writer(ends[1]);
  const pid_t child = fork_with(CLONE_NEWPID | CLONE_NEWNS, shared.group);
  if (child < 0)
    return errno;
  int error = EPROTO; // of a child that dies without a word
  if (child == 0) {
    error = mount_own_proc(shared);
    ::_exit(::write(writer.get(), &error, sizeof(error)) == sizeof(error) ? 0 : 1);
  }
  writer.reset();
  return ::read(reader.get(), &error, sizeof(error)) < 0 ? errno : error;
}

/// Why there is no isolation to be had here, 0 if there is. Found out once: what forbids it (a missing
/// capability, a security profile that refuses the mount) stays, unlike a lack of resources, which is the
/// caller's to see.
int isolation_obstacle(const surroundings& shared) {
  static std::optional<int> known;
  if (known)
    return *known;
  const int error = try_isolation(shared);
  if (error != EAGAIN && error != ENOMEM && error != EMFILE && error != ENFILE)
    known = error;
  return error;
}

void spawn(const protocol::spawn_request& request, int socket, const surroundings& shared) {
  int isolation_error = 0;
  if (request.isolate) {
    isolation_error = isolation_obstacle(shared);
    const pid_t child = isolation_error == 0 ? fork_with(CLONE_NEWPID | CLONE_NEWNS, shared.group) : -1;
    if (child == 0)
      become_init(socket, true, 0, shared);
    if (child > 0)
      return;
    if (isolation_error == 0)
      isolation_error = errno;
    if (request.isolation_required)
      return refuse(socket, isolation_error);
  }
  const pid_t child = fork_with(0, shared.group);
  if (child == 0)
    become_init(socket, false, isolation_error, shared);
  if (child < 0)
    refuse(socket, errno);
}

/// Whether a process can begin in the group; its errno.
int try_group(int group) {
  const pid_t child = fork_with(0, group);
  if (child == 0)
    ::_exit(0);
  return child < 0 ? errno : 0;
}

/// What all that this process starts is kept from, and whether it is marked. Where there is no privilege to
/// mount, containers have closed what belongs to the kernel themselves.
protocol::spawner_report close_surroundings(surroundings& shared) {
  int error = enter_mount_namespace_with_closed_kernel();
  shared.closes_proc = error == 0;
  if (::fcntl(protocol::group_directory, F_GETFD) < 0)
    return {false, error};
  if (error == 0)
    error = close_control_groups();
  if (error == 0)
    error = try_group(protocol::group_directory);
  if (error == 0)
    shared.group = protocol::group_directory;
  return {error == 0, error};
}

void run(bool confine, bool allow_mounts) {
  constexpr int socket = protocol::spawner_socket;
  ::prctl(PR_SET_NAME, "sandbox-spawner");
  ::prctl(PR_SET_DUMPABLE, 0); // an unisolated workload may neither trace it nor take its descriptors
  ::signal(SIGCHLD, SIG_IGN);  // inits report for themselves; nobody waits for them
  std::optional<confinement> limits;
  surroundings shared;
  protocol::spawner_report report;
  if (confine) {
    limits = make_confinement(allow_mounts);
    shared.limits = &*limits;
  }
  if (confine && !allow_mounts)
    report = close_surroundings(shared);
  ::close_range(std::max(socket, shared.group) + 1, ~0U, 0);
  send_message(socket, report);
  ::setsid(); // a Ctrl-C in the daemon's terminal is the daemon's business
  for (;;) {
    protocol::spawn_request request;
    received_extras extras;
    if (receive_message(socket, request, extras) != receive_result::message)
      return;
    if (extras.descriptor_count == 1)
      spawn(request, extras.descriptors[0].get(), shared);
  }
}

} // namespace

} // namespace sandboxd::launcher

int main(int count, char** arguments) {
  using namespace sandboxd::launcher;
  const auto is_given = [&](std::string_view wanted) {
    return std::find(arguments + 1, arguments + count, wanted) != arguments + count;
  };
  run(is_given(protocol::confine_argument), is_given(protocol::mounts_argument));
}
