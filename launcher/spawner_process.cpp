#include "launcher/closed_mounts.hpp"
#include "launcher/confinement.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/init_process.hpp"
#include "launcher/protocol.hpp"
#include "launcher/unix_message.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
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

/// fork(2) with additional clone(2) flags.
pid_t fork_with(unsigned long flags) {
  return static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, 0));
}

/// Gives this process, the first of its PID namespace, a /proc that shows that namespace.
/// The old /proc is made private first, so that the new one never propagates out of the mount namespace,
/// while all other mounts keep the propagation the container has chosen.
int mount_own_proc() {
  if (::mount(nullptr, "/proc", nullptr, MS_PRIVATE, nullptr) != 0)
    return errno;
  return ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0 ? 0 : errno;
}

void refuse(int socket, int error) {
  protocol::event refusal;
  refusal.kind = protocol::event_kind::refused;
  refusal.value = error;
  send_message(socket, refusal, {}, 0, MSG_DONTWAIT);
}

[[noreturn]] void become_init(int socket, bool isolated, int isolation_error, const confinement* limits) {
  if (isolated)
    if (const int error = mount_own_proc(); error != 0) {
      refuse(socket, error);
      ::_exit(1);
    }
  ::_exit(run_init(socket, isolated, isolation_error, limits));
}

/// Has a process try to isolate itself; returns the errno that prevented it, else 0.
int try_isolation() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return errno;
  const descriptor reader(ends[0]);
  descriptor writer(ends[1]);
  const pid_t child = fork_with(CLONE_NEWPID | CLONE_NEWNS);
  if (child < 0)
    return errno;
  int error = EPROTO; // of a child that dies without a word
  if (child == 0) {
    error = mount_own_proc();
    ::_exit(::write(writer.get(), &error, sizeof(error)) == sizeof(error) ? 0 : 1);
  }
  writer.reset();
  return ::read(reader.get(), &error, sizeof(error)) < 0 ? errno : error;
}

/// Why there is no isolation to be had here, 0 if there is. Found out once: what forbids it (a missing
/// capability, a security profile that refuses the mount) stays, unlike a lack of resources, which is the
/// caller's to see.
int isolation_obstacle() {
  static std::optional<int> known;
  if (known)
    return *known;
  const int error = try_isolation();
  if (error != EAGAIN && error != ENOMEM && error != EMFILE && error != ENFILE)
    known = error;
  return error;
}

void spawn(const protocol::spawn_request& request, int socket, const confinement* limits) {
  int isolation_error = 0;
  if (request.isolate) {
    isolation_error = isolation_obstacle();
    const pid_t child = isolation_error == 0 ? fork_with(CLONE_NEWPID | CLONE_NEWNS) : -1;
    if (child == 0)
      become_init(socket, true, 0, limits);
    if (child > 0)
      return;
    if (isolation_error == 0)
      isolation_error = errno;
    if (request.isolation_required)
      return refuse(socket, isolation_error);
  }
  const pid_t child = fork_with(0);
  if (child == 0)
    become_init(socket, false, isolation_error, limits);
  if (child < 0)
    refuse(socket, errno);
}

/// Enters the workloads' group, and sees to it that nothing it starts leaves that again.
protocol::spawner_report enter_group() {
  constexpr int entrance = protocol::group_entrance;
  if (::fcntl(entrance, F_GETFD) < 0)
    return {};
  const int error = ::write(entrance, "0", 1) == 1 ? close_control_groups() : errno;
  return {error == 0, error};
}

void run(bool confine, bool allow_mounts) {
  constexpr int socket = protocol::spawner_socket;
  ::prctl(PR_SET_NAME, "sandbox-spawner");
  ::prctl(PR_SET_DUMPABLE, 0); // an unisolated workload may neither trace it nor take its descriptors
  std::optional<confinement> made;
  if (confine)
    made = make_confinement(allow_mounts);
  const auto* const limits = made ? &*made : nullptr;
  const auto report = confine ? enter_group() : protocol::spawner_report{};
  ::close_range(socket + 1, ~0U, 0);
  send_message(socket, report);
  ::setsid();                 // a Ctrl-C in the daemon's terminal is the daemon's business
  ::signal(SIGCHLD, SIG_IGN); // inits report for themselves; nobody waits for them
  for (;;) {
    protocol::spawn_request request;
    received_extras extras;
    if (receive_message(socket, request, extras) != receive_result::message)
      return;
    if (extras.descriptor_count == 1)
      spawn(request, extras.descriptors[0].get(), limits);
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
