#include "launcher/child_signals.hpp"
#include "launcher/confinement.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/init_process.hpp"
#include "launcher/kernel_mounts.hpp"
#include "launcher/leaf_groups.hpp"
#include "launcher/protocol.hpp"
#include "launcher/spawner_arguments.hpp"
#include "launcher/system_mounts.hpp"
#include "launcher/unix_message.hpp"
#include "launcher/user_namespace.hpp"
#include "launcher/writing_rules.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <fcntl.h>
#include <linux/sched.h>
#include <map>
#include <optional>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

/// The spawner: a single-threaded process whose only work is to fork inits when the daemon asks
/// (`protocol::spawn_request`). Runs until the daemon's end of its socket is closed.
namespace sandboxd::launcher {

namespace {

/// What all inits have in common.
struct surroundings {
  const confinement* limits = nullptr; ///< of what they start; null: none
  const spawner_arguments* how = nullptr;
  int closing_problem = 0;       ///< the errno that left the system open where it had to be closed
  bool closes_proc = false;      ///< that of their own
  leaf_groups* groups = nullptr; ///< where each begins in one of its own; null: there are none
};

/// fork(2) with additional clone(2) flags, into a group or, without one, that of the spawner. To begin in a
/// group of version 2 costs nothing; to be moved there takes milliseconds.
pid_t fork_with(unsigned long flags, const leaf_group* group) {
  if (group == nullptr)
    return static_cast<pid_t>(::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, 0));
  clone_args arguments{};
  arguments.flags = flags | CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<__u64>(group->directory.get());
  return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof(arguments)));
}

/// Gives this process, the first of its PID namespace, a /proc that shows that namespace, and a /tmp of its
/// own where each has one. The old /proc is made private first, so that the new one never propagates out of
/// the mount namespace, while all other mounts keep the propagation the container has chosen.
int mount_own(const surroundings& shared) {
  if (::mount(nullptr, "/proc", nullptr, MS_PRIVATE, nullptr) != 0 ||
      ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0)
    return errno;
  const int error = shared.closes_proc ? close_proc() : 0;
  const auto bytes = shared.how->private_tmp_bytes;
  return error == 0 && bytes != 0 ? mount_private_tmp(bytes) : error;
}

void refuse(int socket, int error) {
  protocol::event refusal;
  refusal.kind = protocol::event_kind::refused;
  refusal.value = error;
  send_message(socket, refusal, {}, 0, MSG_DONTWAIT);
}

int enter_surroundings(const leaf_group* group, bool isolated, const surroundings& shared) {
  const int error = group != nullptr ? enter(group->entrances) : 0;
  return error == 0 && isolated ? mount_own(shared) : error;
}

[[noreturn]] void become_init(const init_options& how, const leaf_group* group, const surroundings& shared) {
  if (const int error = enter_surroundings(group, how.isolated, shared); error != 0) {
    refuse(how.socket, error);
    ::_exit(1);
  }
  ::_exit(run_init(how));
}

/// Those of a session. A kernel may be built without IPC and UTS namespaces (namespaces(7)): EINVAL then.
constexpr unsigned long needed_namespaces = CLONE_NEWPID | CLONE_NEWNS;
constexpr unsigned long all_namespaces = needed_namespaces | CLONE_NEWIPC | CLONE_NEWUTS;

/// Has a process try to isolate itself; returns the errno that prevented it, else 0.
int try_isolation(unsigned long namespaces, const surroundings& shared) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return errno;
  const descriptor reader(ends[0]);
  descriptor writer(ends[1]);
  const pid_t child = fork_with(namespaces, nullptr);
  if (child < 0)
    return errno;
  int error = EPROTO; // of a child that dies without a word
  if (child == 0) {
    error = mount_own(shared);
    ::_exit(::write(writer.get(), &error, sizeof(error)) == sizeof(error) ? 0 : 1);
  }
  writer.reset();
  return ::read(reader.get(), &error, sizeof(error)) < 0 ? errno : error;
}

/// Of something that may be there again soon.
bool is_lack(int error) {
  return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE;
}

struct isolation_means {
  int obstacle = 0; ///< why there is none to be had here; 0: there is
  unsigned long namespaces = all_namespaces;
};

/// Found out once: what forbids it (a missing capability, a security profile that refuses the mount) stays,
/// unlike a lack of resources, which is the caller's to see.
isolation_means find_isolation(const surroundings& shared) {
  static std::optional<isolation_means> known;
  if (known)
    return *known;
  isolation_means found;
  found.obstacle = try_isolation(found.namespaces, shared);
  if (found.obstacle == EINVAL) {
    found.namespaces = needed_namespaces;
    found.obstacle = try_isolation(found.namespaces, shared);
  }
  if (!is_lack(found.obstacle))
    known = found;
  return found;
}

/// Forks one into namespaces of its own, or none; its number, or -1 and errno.
pid_t fork_init(const init_options& how, unsigned long namespaces, const leaf_group* group,
                const surroundings& shared) {
  const pid_t child = fork_with(namespaces, group);
  if (child == 0)
    become_init(how, group, shared);
  return child;
}

/// The number of the init; 0 when there is none, which is told.
pid_t spawn_in(const leaf_group* group, const protocol::spawn_request& request, int socket,
               const surroundings& shared) {
  init_options how;
  how.socket = socket;
  how.memory_events = group != nullptr ? group->memory_events.get() : -1;
  how.limits = shared.limits;
  if (request.isolation_required && shared.closing_problem != 0) {
    refuse(socket, shared.closing_problem);
    return 0;
  }
  if (request.isolate) {
    const auto means = find_isolation(shared);
    how.isolation_error = means.obstacle;
    how.isolated = how.isolation_error == 0;
    if (how.isolated) {
      if (const pid_t child = fork_init(how, means.namespaces, group, shared); child > 0)
        return child;
      how.isolation_error = errno;
    }
    // What there is, but not at the moment, nobody has to go without.
    if (request.isolation_required || means.obstacle == 0 || is_lack(means.obstacle)) {
      refuse(socket, how.isolation_error);
      return 0;
    }
  }
  how.isolated = false;
  const pid_t child = fork_init(how, 0, group, shared);
  if (child < 0)
    refuse(socket, errno);
  return std::max(child, 0);
}

/// The spawner's own work: inits, each in a group of its own where there are groups.
class spawner_loop {
public:
  explicit spawner_loop(const surroundings& shared) : shared_(shared), children_(open_child_signals()) {
    if (children_ < 0)
      ::_exit(1);
  }

  /// Until the daemon is gone.
  void run() {
    for (;;) {
      pollfd ready[] = {{protocol::spawner_socket, POLLIN, 0}, {children_, POLLIN, 0}};
      auto* groups = shared_.groups;
      if (groups != nullptr && ::poll(ready, 2, 0) == 0)
        groups->prepare(); // while nobody waits
      const bool has_left = groups != nullptr && groups->has_left();
      ::poll(ready, 2, has_left ? static_cast<int>(sweep_interval.count()) : -1);
      drain_signals(children_);
      reap();
      if (has_left)
        sweep();
      if (ready[0].revents != 0 && !serve())
        return;
    }
  }

private:
  using clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds sweep_interval{1000};

  /// Not with every event: there may be a thousand groups that somebody is in still.
  void sweep() {
    if (clock::now() - last_sweep_ < sweep_interval)
      return;
    last_sweep_ = clock::now();
    shared_.groups->sweep();
  }

  bool serve() {
    protocol::spawn_request request;
    received_extras extras;
    if (receive_message(protocol::spawner_socket, request, extras) != receive_result::message)
      return false;
    if (extras.descriptor_count == 1)
      spawn(request, extras.descriptors[0].get());
    return true;
  }

  void spawn(const protocol::spawn_request& request, int socket) {
    if (shared_.groups == nullptr) {
      spawn_in(nullptr, request, socket, shared_);
      return;
    }
    int error = 0;
    auto group = shared_.groups->make(request.limited, error);
    if (!group)
      return refuse(socket, error);
    if (const pid_t init = spawn_in(&*group, request, socket, shared_); init > 0)
      groups_.emplace(init, std::move(group->name));
    else
      shared_.groups->release(std::move(group->name));
  }

  void reap() {
    pid_t child = 0;
    while ((child = ::waitpid(-1, nullptr, WNOHANG)) > 0)
      if (auto found = groups_.extract(child); found)
        shared_.groups->release(std::move(found.mapped()));
  }

  const surroundings& shared_;
  const int children_;
  clock::time_point last_sweep_ = clock::now();
  std::map<pid_t, std::string> groups_; // of inits
};

/// Whether a process can begin in a group; its errno.
int try_group(leaf_groups& groups) {
  int error = 0;
  auto group = groups.make(true, error);
  if (!group)
    return error;
  const pid_t child = fork_with(0, &*group);
  if (child == 0)
    ::_exit(enter(group->entrances));
  error = child < 0 ? errno : EPROTO; // of a child that is killed
  int status = 0;
  if (child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status))
    error = WEXITSTATUS(status);
  groups.release(std::move(group->name));
  return error;
}

/// Takes from all that this process starts what it must not write. Where there is no privilege to mount,
/// containers have closed what belongs to the kernel themselves.
int close_mounts(surroundings& shared) {
  if (const int error = enter_mount_namespace_with_closed_kernel(); error != 0)
    return error;
  shared.closes_proc = true;
  const int open_groups = shared.groups != nullptr ? close_control_groups() : 0;
  const int open_system = shared.how->is_strict ? close_system(shared.how->writable) : 0;
  return open_system != 0 ? open_system : open_groups;
}

protocol::spawner_report close_surroundings(surroundings& shared, const spawner_arguments& how) {
  protocol::spawner_report report;
  const bool closes = how.confines && !how.allows_mounts;
  if (closes)
    report.closing_problem = close_mounts(shared);
  if (how.is_strict)
    shared.closing_problem = report.closing_problem;
  if (shared.groups != nullptr)
    report.group_problem = try_group(*shared.groups);
  if (is_lack(report.group_problem))
    ::_exit(1); // the next one may have more; without groups nothing would limit workloads
  if (report.group_problem != 0)
    shared.groups = nullptr;
  if (!how.hosts_file.empty())
    report.hosts_problem = shared.closes_proc ? show_hosts_file(how.hosts_file.c_str()) : EPERM;
  report.is_marked = closes && shared.groups != nullptr && report.closing_problem == 0;
  return report;
}

/// Those of the daemon's descriptors that are directories of groups.
std::vector<group_parent> received_groups(const spawner_arguments& how) {
  std::vector<group_parent> parents;
  int number = protocol::first_group_directory;
  for (const auto& controllers : how.hierarchies) {
    const bool is_version_2 = parents.empty();
    parents.push_back({descriptor(number++), is_version_2, controllers});
  }
  return parents;
}

/// Takes the network that the daemon has given, which comes at this number; the errno of what prevented it,
/// else 0.
int enter_network(int number) {
  const descriptor network(number);
  return ::setns(network.get(), CLONE_NEWNET) == 0 ? 0 : errno;
}

void send_report(const protocol::spawner_report& report) {
  const descriptor root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const descriptor mounts(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
  if (!root || !mounts)
    ::_exit(1);
  const int passed[] = {root.get(), mounts.get()};
  send_message(protocol::spawner_socket, report, passed);
}

void run(const spawner_arguments& how) {
  ::prctl(PR_SET_NAME, "sandbox-spawner");
  const int user_problem = how.confines && lacks_privileges() ? enter_user_namespace() : 0;
  ::prctl(PR_SET_DUMPABLE, 0); // an unisolated workload may neither trace it nor take its descriptors
  auto parents = received_groups(how);
  const int network = protocol::first_group_directory + static_cast<int>(parents.size());
  ::close_range(static_cast<unsigned>(network) + (how.has_network ? 1 : 0), ~0U, 0);
  if (const int error = how.has_network ? enter_network(network) : 0; error != 0) {
    protocol::spawner_report report;
    report.network_problem = error;
    send_report(report);
    return;
  }
  std::optional<confinement> limits;
  std::optional<leaf_groups> groups;
  surroundings shared;
  shared.how = &how;
  if (how.confines)
    limits = make_confinement(how.allows_mounts, how.limits_sockets);
  if (limits && how.is_strict)
    limits->writing = make_writing_rules(how.writable, how.control_files, how.private_tmp_bytes != 0);
  if (!parents.empty())
    groups.emplace(std::move(parents), how.limits);
  shared.limits = limits ? &*limits : nullptr;
  shared.groups = groups ? &*groups : nullptr;
  auto report = close_surroundings(shared, how);
  report.user_namespace_problem = user_problem;
  report.rules_problem = limits && how.is_strict ? writing_rules_problem() : 0;
  send_report(report);
  ::setsid(); // a Ctrl-C in the daemon's terminal is the daemon's business
  spawner_loop(shared).run();
}

} // namespace

} // namespace sandboxd::launcher

int main(int count, char** arguments) {
  using namespace sandboxd::launcher;
  run(decode_spawner_arguments({arguments + 1, static_cast<std::size_t>(count - 1)}));
}
