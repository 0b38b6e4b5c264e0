#include "launcher/init_process.hpp"

#include "launcher/process_tree.hpp"
#include "launcher/program.hpp"
#include "launcher/program_start.hpp"
#include "launcher/protocol.hpp"
#include "launcher/shell_signals.hpp"
#include "launcher/unix_message.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <set>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace sandboxd::launcher {

namespace {

using protocol::command_kind;
using protocol::event_kind;
using clock = std::chrono::steady_clock;

/// How often the processes of something that is being ended are looked up again.
constexpr std::chrono::milliseconds tick{20};

/// How long a shell may take to obey the polite call back to its prompt before it is sent SIGINT, which also
/// gets it out of an open(2) that blocks.
constexpr std::chrono::milliseconds polite_time{200};

struct running_program {
  std::uint32_t id;
  pid_t pid;
};

/// Processes on their way out: SIGTERM once each, SIGKILL from `deadline` on.
struct ending {
  clock::time_point deadline;
  std::set<pid_t> asked{};

  void pursue(const std::vector<process_entry>& processes, clock::time_point now) {
    for (const auto& entry : processes) {
      if (now >= deadline) {
        signal_process(entry, SIGKILL);
      } else if (asked.insert(entry.pid).second) {
        signal_process(entry, SIGTERM);
        signal_process(entry, SIGCONT); // a stopped process sees SIGTERM only when it continues
      }
    }
  }
};

/// A fork on its way to becoming a program: it is our child only when the process between it and the shell
/// has ended, which tells us nothing.
struct adoption {
  std::uint32_t id;
  pid_t pid;
  int attempts_left = 1000;
};

/// Time between two attempts to adopt.
constexpr std::chrono::milliseconds adoption_retry{1};

struct interruption {
  pid_t shell;
  ending end;
  clock::time_point next_interrupt;
  bool shell_is_back = false;
};

/// The ending of one adopted program: whatever is below it or in its process group.
struct termination {
  pid_t root;
  ending end;
  std::set<pid_t> members{};
};

class session_init {
public:
  session_init(int socket, int signals, bool isolated)
      : socket_(socket), signals_(signals), isolated_(isolated) {}

  int run() {
    for (;;) {
      pollfd ready[] = {{socket_, POLLIN, 0}, {signals_, POLLIN, 0}};
      ::poll(ready, 2, patience());
      if (ready[1].revents != 0)
        drain_signals();
      reap();
      if (ready[0].revents != 0 && !obey())
        return kill_everything();
      std::erase_if(adoptions_, [this](adoption& item) { return finish_adoption(item); });
      if (busy())
        pursue();
      if (shut_down_ && survivors().empty()) {
        reap(); // who ended since
        return 0;
      }
    }
  }

private:
  [[nodiscard]] bool busy() const { return interruption_ || !terminations_.empty() || shut_down_; }

  /// Longest wait for events, in milliseconds; -1 is no limit.
  [[nodiscard]] int patience() const {
    if (!adoptions_.empty())
      return static_cast<int>(adoption_retry.count());
    return busy() ? static_cast<int>(tick.count()) : -1;
  }

  void report(event_kind kind, std::uint32_t id, pid_t pid, int value, pid_t named = 0) const {
    protocol::event message;
    message.kind = kind;
    message.id = id;
    message.pid = pid;
    message.value = value;
    message.isolated = isolated_;
    send_message(socket_, message, {}, named);
  }

  void drain_signals() const {
    signalfd_siginfo info;
    while (::read(signals_, &info, sizeof(info)) == sizeof(info)) {
    }
  }

  void reap() {
    int status = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto program = find_by_pid(pid);
      if (program == programs_.end())
        continue;
      report(event_kind::exited, program->id, pid, status);
      programs_.erase(program);
    }
  }

  /// Carries out one command; false when the daemon is gone.
  bool obey() {
    protocol::command order;
    received_extras extras;
    switch (receive_message(socket_, order, extras, MSG_DONTWAIT)) {
    case receive_result::closed:
      return false;
    case receive_result::would_block:
      return true;
    case receive_result::message:
      break;
    }
    const auto deadline = clock::now() + std::chrono::milliseconds(order.milliseconds);
    switch (order.kind) {
    case command_kind::start:
      start(order.id, extras);
      break;
    case command_kind::adopt:
      adoptions_.push_back({order.id, order.pid});
      break;
    case command_kind::mark:
      mark_ = read_process_ids();
      report(event_kind::marked, order.id, 0, 0);
      break;
    case command_kind::interrupt:
      interrupt(order.id, deadline);
      break;
    case command_kind::end_interrupt:
      if (interruption_)
        interruption_->shell_is_back = true;
      break;
    case command_kind::terminate:
      terminate(order.id, deadline);
      break;
    case command_kind::shut_down:
      shut_down_ = ending{deadline};
      break;
    }
    return true;
  }

  void start(std::uint32_t id, const received_extras& extras) {
    if (extras.descriptor_count != 4)
      return report(event_kind::started, id, 0, EBADMSG);
    const auto& given = extras.descriptors;
    const auto started =
        start_program(decode(given[3].get()), given[0].get(), given[1].get(), given[2].get());
    if (started.error == 0)
      programs_.push_back({id, started.pid});
    report(event_kind::started, id, started.pid, started.error, started.pid);
  }

  /// Returns whether it came to an end, good or bad.
  bool finish_adoption(adoption& item) {
    // Allowed for a child in our session that has not called execve(2) since its fork (setpgid(2)).
    const bool not_yet_ours = ::setpgid(item.pid, item.pid) != 0 && errno == ESRCH;
    const int error = ::kill(item.pid, 0) == 0 ? 0 : errno;
    if (not_yet_ours && error == 0 && --item.attempts_left > 0)
      return false;
    if (error == 0)
      programs_.push_back({item.id, item.pid});
    report(event_kind::adopted, item.id, item.pid, error);
    return true;
  }

  void interrupt(std::uint32_t id, clock::time_point deadline) {
    const auto shell = find_by_id(id);
    if (shell == programs_.end())
      return report(event_kind::settled, id, 0, 0);
    interruption_ = interruption{shell->pid, {deadline}, clock::now() + polite_time};
    ::kill(shell->pid, call_back_signal());
  }

  void terminate(std::uint32_t id, clock::time_point deadline) {
    const auto program = find_by_id(id);
    if (program != programs_.end())
      terminations_.push_back({program->pid, {deadline}});
  }

  /// One step of everything that is being ended.
  void pursue() {
    const auto now = clock::now();
    const auto processes = read_processes();
    if (interruption_)
      pursue_interruption(processes, now);
    std::erase_if(terminations_, [&](termination& item) { return pursue_termination(item, processes, now); });
    if (shut_down_)
      shut_down_->pursue(survivors(processes), now);
  }

  void pursue_interruption(const std::vector<process_entry>& processes, clock::time_point now) {
    auto& current = *interruption_;
    const auto started_since_mark =
        descendants(processes, {::getpid(), current.shell}, [&](const process_entry& entry) {
          return entry.pid == current.shell || mark_.contains(entry.pid) ||
                 find_by_pid(entry.pid) != programs_.end();
        });
    current.end.pursue(started_since_mark, now);
    if (!current.shell_is_back && now >= current.next_interrupt) {
      ::kill(current.shell, SIGINT);
      current.next_interrupt = now + polite_time;
    }
    const bool shell_is_gone = find_by_pid(current.shell) == programs_.end();
    if (started_since_mark.empty() && (current.shell_is_back || shell_is_gone)) {
      interruption_.reset();
      report(event_kind::settled, 0, 0, 0);
    }
  }

  /// Returns whether nothing is left of it.
  static bool pursue_termination(termination& item, const std::vector<process_entry>& processes,
                                 clock::time_point now) {
    std::set<pid_t> roots = item.members;
    roots.insert(item.root);
    for (const auto& entry : descendants(processes, roots, [](const process_entry&) { return false; }))
      item.members.insert(entry.pid);
    std::vector<process_entry> alive;
    for (const auto& entry : processes)
      if (!entry.dead() &&
          (entry.group == item.root || entry.pid == item.root || item.members.contains(entry.pid)))
        alive.push_back(entry);
    item.end.pursue(alive, now);
    return alive.empty();
  }

  [[nodiscard]] std::vector<process_entry> survivors(const std::vector<process_entry>& processes) const {
    return descendants(processes, {::getpid()}, [](const process_entry&) { return false; });
  }
  [[nodiscard]] std::vector<process_entry> survivors() const { return survivors(read_processes()); }

  /// The daemon is gone or wants us gone at once. An isolated init takes its namespace with it; the other one
  /// has to hunt until nothing is left.
  int kill_everything() const {
    if (isolated_)
      return 0;
    for (auto left = survivors(); !left.empty(); left = survivors()) {
      for (const auto& entry : left)
        signal_process(entry, SIGKILL);
      while (::waitpid(-1, nullptr, WNOHANG) > 0) {
      }
    }
    return 0;
  }

  std::vector<running_program>::iterator find_by_pid(pid_t pid) {
    return std::find_if(programs_.begin(), programs_.end(),
                        [&](const auto& item) { return item.pid == pid; });
  }
  std::vector<running_program>::iterator find_by_id(std::uint32_t id) {
    return std::find_if(programs_.begin(), programs_.end(), [&](const auto& item) { return item.id == id; });
  }

  int socket_;
  int signals_;
  bool isolated_;
  std::vector<running_program> programs_;
  std::vector<adoption> adoptions_;
  std::set<pid_t> mark_;
  std::optional<interruption> interruption_;
  std::vector<termination> terminations_;
  std::optional<ending> shut_down_;
};

/// Keeps nothing open but the socket, which moves to descriptor 3, and /dev/null as standard streams.
void close_all_but(int socket) {
  const int null = ::open("/dev/null", O_RDWR);
  for (int standard = 0; standard <= 2; ++standard)
    ::dup2(null, standard);
  ::dup3(socket, 3, O_CLOEXEC);
  ::close_range(4, ~0U, 0);
}

int open_child_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::signal(SIGCHLD, SIG_DFL); // the spawner ignores it; ignored, it would discard wait statuses
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  return ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
}

} // namespace

int run_init(int socket, bool isolated, int isolation_error) {
  ::prctl(PR_SET_NAME, "sandbox-init");
  ::setsid();
  close_all_but(socket);
  if (!isolated)
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);

  protocol::event hello;
  hello.value = isolation_error;
  hello.isolated = isolated;
  const int signals = open_child_signals();
  if (signals < 0) {
    hello.kind = event_kind::refused;
    hello.value = errno;
  }
  send_message(3, hello);
  if (signals < 0)
    return 1;
  return session_init(3, signals, isolated).run();
}

} // namespace sandboxd::launcher
