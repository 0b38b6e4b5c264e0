#pragma once

#include "launcher/lineage.hpp"

#include <cstdint>

/// The datagrams between the daemon, its spawner and the sessions' inits. All three are built together, so
/// plain structures do; every datagram of one direction has the same size.
namespace sandboxd::launcher::protocol {

/// Descriptor on which the spawner finds its socket to the daemon.
inline constexpr int spawner_socket = 3;

/// The first of the directories of control groups that its arguments tell (`spawner_arguments.hpp`); the
/// network namespace, if they tell of one, comes after the last.
inline constexpr int first_group_directory = 4;

/// Spawner to daemon, once, before it takes requests. Carries its root directory (O_PATH) and its mount
/// namespace.
struct spawner_report {
  /// Whether all that it will start is in control groups of workloads and cannot leave them.
  bool is_marked = false;
  /// The errno that kept it, an ordinary user's, from a user namespace, without which there are no others; 0:
  /// none, or it needs none.
  std::int32_t user_namespace_problem = 0;
  /// The errno that kept it from closing the kernel's file systems to workloads, and when it is strict the
  /// rest of the system; 0: none.
  std::int32_t closing_problem = 0;
  /// The errno for which there are no rules of writing (`writing_rules.hpp`); 0: there are, or none are
  /// wanted.
  std::int32_t rules_problem = 0;
  /// The errno that keeps it from making control groups; 0: none, or nobody wants any.
  std::int32_t group_problem = 0;
  /// The errno that kept it from showing workloads the names they may reach; 0: none, or there are none.
  std::int32_t hosts_problem = 0;
  /// The errno that kept it from entering the network it was given: it takes no requests then; 0: none.
  std::int32_t network_problem = 0;
};

/// Daemon to spawner: start an init. Carries one descriptor, the init's end of its socket. There is no
/// answer: whatever becomes of the request is told on that socket (`event_kind::hello`, or its end).
struct spawn_request {
  /// Ask for a PID and a mount namespace of its own.
  bool isolate = true;
  /// Refuse to start without them.
  bool isolation_required = false;
  /// Whether a control group limits it and what it starts, where there are any. Not that of a program which
  /// moves what it starts into groups itself.
  bool limited = true;
};

enum class command_kind : std::uint32_t {
  /// Start program `id`, marked with `number`. Carries its descriptors from 0 on, at least the standard
  /// streams,
  /// and at last the program itself (`encode(program)`). Answer: `started`, later `exited`.
  start,
  /// Watch over the process `pid` (number in the init's namespace), a descendant that is or will be orphaned,
  /// as program `id`: it gets a process group of its own and the mark `number`, and enters the control groups
  /// whose `cgroup.procs` the message carries, if any. Refused when it cannot, and (ESRCH) for one that is a
  /// program already, or does not become a child of the init. Answer: `adopted`, later `exited`.
  adopt,
  /// Stop what program `id`, a session's shell, runs at the moment: everything that carries the shell's mark
  /// gets SIGTERM, after `milliseconds` SIGKILL, and the shell is called back to its prompt. Goes on until
  /// `end_interrupt`. Answer: `settled`.
  interrupt,
  /// The shell is back at its prompt.
  end_interrupt,
  /// End program `id` and everything that carries its mark: SIGTERM, after `milliseconds` SIGKILL. Answer:
  /// `terminated`.
  terminate,
  /// End everything (SIGTERM, after `milliseconds` SIGKILL), then the init itself.
  shut_down,
};

/// Daemon to init.
struct command {
  command_kind kind = command_kind::shut_down;
  std::uint32_t id = 0;
  std::int32_t pid = 0;
  std::uint32_t milliseconds = 0;
  lineage number = 0;
  /// Of `adopt`: how many descriptors it carries, of which some may be lost on the way.
  std::uint32_t group_entrances = 0;
};

enum class event_kind : std::uint32_t {
  /// First message: the init runs. `value` is the errno that prevented the isolation asked for, else 0.
  /// Carries
  /// the root directory of the session (O_PATH) and, where its memory is limited, the file that counts whom
  /// the
  /// kernel has killed for that.
  hello,
  /// First and last message: there will be no init, for the errno `value`.
  refused,
  /// Program `id` runs as `pid`, or `value` says what prevented it (an errno or `cannot_enter`). The message
  /// names the process, so that the receiver reads its pid in its own namespace from the credentials.
  started,
  /// Process `pid` is program `id` now, or `value` is the errno that prevented it.
  adopted,
  /// Program `id` ended; `value` is its wait status (waitpid(2)).
  exited,
  /// Nothing is left of what `terminate` had to end, or program `id` is unknown.
  terminated,
  /// Everything an interrupt had to stop is gone, and no signal goes to the shell any more.
  settled,
};

/// Init to daemon.
struct event {
  event_kind kind = event_kind::hello;
  std::uint32_t id = 0;
  std::int32_t pid = 0;
  std::int32_t value = 0;
  bool isolated = false;
};

} // namespace sandboxd::launcher::protocol
