#include "launcher/init_process.hpp"

#include "launcher/child_signals.hpp"
#include "launcher/endings.hpp"
#include "launcher/leaf_groups.hpp"
#include "launcher/lineage.hpp"
#include "launcher/process_tree.hpp"
#include "launcher/program.hpp"
#include "launcher/program_start.hpp"
#include "launcher/protocol.hpp"
#include "launcher/shell_signals.hpp"
#include "launcher/unix_message.hpp"
#include "launcher/writing_rules.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <signal.h>
#include <span>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::launcher {

namespace {

using protocol::command_kind;
using protocol::event_kind;
using clock = ending::clock;

/// How often the processes of something that is being ended are looked up again.
constexpr std::chrono::milliseconds tick{20};

/// How long a shell may take to obey the polite call back to its prompt before it is sent SIGINT, which also
/// gets it out of an open(2) that blocks.
constexpr std::chrono::milliseconds polite_time{200};

struct running_program {
  std::uint32_t id;
  pid_t pid;
};

/// A fork on its way to becoming a program: it is our child only when the process between it and the shell
/// has ended, which tells us nothing.
struct adoption {
  std::uint32_t id;
  pid_t pid;
  lineage number;
  std::vector<descriptor> group_entrances;
  int attempts_left = 1000;
};

/// Time between two attempts to adopt.
constexpr std::chrono::milliseconds adoption_retry{1};

struct interruption {
  std::uint32_t shell;         // a program's id: its number may be another's one day
  std::optional<lineage> what; // absent: the shell has lost its mark, so nobody knows what it has started
  ending end;
  clock::time_point next_interrupt;
  bool shell_is_back = false;
};

/// The ending of what carries a mark, and of a program that may have lost its own.
struct termination {
  std::uint32_t id; // whose end is to be told; 0: nobody asked
  pid_t program;    // 0: it is gone
  std::optional<lineage> what;
  ending end;
};

class session_init {
public:
  session_init(int socket, int signals, bool isolated, const confinement* limits, descriptor rules)
      : socket_(socket), signals_(signals), isolated_(isolated), limits_(limits), rules_(std::move(rules)) {}

  int run() {
    for (;;) {
      pollfd ready[] = {{socket_, POLLIN, 0}, {signals_, POLLIN, 0}};
      ::poll(ready, 2, patience());
      if (ready[1].revents != 0)
        drain_signals(signals_);
      reap();
      if (ready[0].revents != 0 && !obey())
        return kill_everything();
      std::erase_if(adoptions_, [this](adoption& item) { return finish_adoption(item); });
      if (busy() && pursue()) {
        reap(); // who ended since
        return 0;
      }
    }
  }

private:
  /// Whether anything is being ended.
  [[nodiscard]] bool busy() const { return interruption_ || !terminations_.empty() || shut_down_; }

  /// Longest wait for events, in milliseconds; -1 is no limit.
  [[nodiscard]] int patience() const {
    if (!adoptions_.empty())
      return static_cast<int>(adoption_retry.count());
    return busy() ? static_cast<int>(tick.count()) : -1;
  }

  /// `named`: the process whose number the kernel shall translate for the daemon, which needs a privilege
  /// that only a namespace's maker is sure to have; without a namespace `pid` is the daemon's number, too.
  void report(event_kind kind, std::uint32_t id, pid_t pid, int value, pid_t named = 0) const {
    protocol::event message;
    message.kind = kind;
    message.id = id;
    message.pid = pid;
    message.value = value;
    message.isolated = isolated_;
    const int error = send_message(socket_, message, {}, isolated_ ? named : 0);
    if (error != 0 && error != EPIPE && error != ECONNRESET)
      ::_exit(1); // a daemon that is not told would wait for ever; the end of its init it hears of
  }

  /// What a program that a signal ended has running is killed: nobody waits for it any more.
  void reap() {
    for (siginfo_t next{}; ::waitid(P_ALL, 0, &next, WEXITED | WNOHANG | WNOWAIT) == 0 && next.si_pid != 0;
         next = {}) {
      const auto program = find_by_pid(next.si_pid);
      if (program != programs_.end() && next.si_code != CLD_EXITED && !shut_down_)
        terminations_.push_back({0, 0, lineage_of(next.si_pid), ending(clock::now())});
      int status = 0;
      ::waitpid(next.si_pid, &status, 0); // from here on the number may be another's
      for (auto& item : terminations_)
        item.program = item.program == next.si_pid ? 0 : item.program;
      if (program == programs_.end())
        continue;
      report(event_kind::exited, program->id, next.si_pid, status);
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
      start(order, extras);
      break;
    case command_kind::adopt:
      adopt(order, extras);
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
      shut_down_ = ending(deadline);
      break;
    }
    return true;
  }

  void start(const protocol::command& order, const received_extras& extras) {
    if (extras.descriptor_count < 4)
      return report(event_kind::started, order.id, 0, EBADMSG);
    std::array<int, max_passed_descriptors> given{};
    std::ranges::transform(extras.descriptors, given.begin(), &descriptor::get);
    const auto program_file = given[extras.descriptor_count - 1];
    const auto started =
        start_program(decode(program_file), order.number, std::span(given).first(extras.descriptor_count - 1),
                      limits_, rules_.get());
    if (started.error == 0)
      programs_.push_back({order.id, started.pid});
    report(event_kind::started, order.id, started.pid, started.error, started.pid);
  }

  void adopt(const protocol::command& order, received_extras& extras) {
    if (extras.descriptor_count != order.group_entrances)
      return report(event_kind::adopted, order.id, order.pid, EMFILE);
    adoption wanted{order.id, order.pid, order.number, {}};
    for (auto& given : std::span(extras.descriptors).first(extras.descriptor_count))
      wanted.group_entrances.push_back(std::move(given));
    adoptions_.push_back(std::move(wanted));
  }

  /// Returns whether it came to an end, good or bad.
  bool finish_adoption(adoption& item) {
    // Whoever can write to the pipe of a shell's reports can name any process.
    const bool is_known = item.pid <= 0 || item.pid == ::getpid() || find_by_pid(item.pid) != programs_.end();
    const bool exists = !is_known && ::kill(item.pid, 0) == 0;
    // Allowed for a child in our session that has not called execve(2) since its fork (setpgid(2)).
    const bool is_ours = exists && (::setpgid(item.pid, item.pid) == 0 || errno != ESRCH);
    if (exists && !is_ours && --item.attempts_left > 0)
      return false;
    int error = is_ours ? set_lineage(item.pid, item.number) : ESRCH;
    if (error == 0)
      error = enter(item.group_entrances, item.pid);
    if (error == 0)
      programs_.push_back({item.id, item.pid});
    report(event_kind::adopted, item.id, item.pid, error, error == 0 ? item.pid : 0);
    return true;
  }

  void interrupt(std::uint32_t id, clock::time_point deadline) {
    const auto shell = find_by_id(id);
    if (shell == programs_.end())
      return report(event_kind::settled, id, 0, 0);
    // A shell that has not come to its trap yet, or whose session has taken it away, would die of the signal.
    const bool polite = catches(shell->pid, call_back_signal());
    interruption_ = interruption{id, lineage_of(shell->pid), ending(deadline),
                                 clock::now() + (polite ? polite_time : std::chrono::milliseconds(0))};
    if (polite)
      ::kill(shell->pid, call_back_signal());
  }

  void terminate(std::uint32_t id, clock::time_point deadline) {
    const auto program = find_by_id(id);
    if (program == programs_.end())
      return report(event_kind::terminated, id, 0, 0);
    terminations_.push_back({id, program->pid, lineage_of(program->pid), ending(deadline)});
  }

  /// One step of everything that is being ended; returns whether that was the end of all.
  bool pursue() {
    const auto now = clock::now();
    const auto processes = read_processes();
    if (interruption_)
      pursue_interruption(processes, now);
    std::erase_if(terminations_, [&](termination& item) { return pursue_termination(item, processes, now); });
    if (!shut_down_)
      return false;
    const auto left = survivors(processes);
    shut_down_->pursue(left, now);
    return left.empty();
  }

  void pursue_interruption(const std::vector<process_entry>& processes, clock::time_point now) {
    auto& current = *interruption_;
    const auto left = carriers(processes, current.what);
    current.end.pursue(left, now);
    const auto shell = find_by_id(current.shell);
    const bool shell_is_gone = shell == programs_.end();
    if (!current.shell_is_back && !shell_is_gone && now >= current.next_interrupt) {
      ::kill(shell->pid, SIGINT);
      current.next_interrupt = now + polite_time;
    }
    if (left.empty() && (current.shell_is_back || shell_is_gone)) {
      interruption_.reset();
      report(event_kind::settled, 0, 0, 0);
    }
  }

  /// Returns whether nothing is left of it.
  bool pursue_termination(termination& item, const std::vector<process_entry>& processes,
                          clock::time_point now) {
    auto left = carriers(processes, item.what);
    for (const auto& entry : processes)
      if (entry.pid == item.program && !entry.dead())
        left.push_back(entry);
    item.end.pursue(left, now);
    if (left.empty() && item.id != 0)
      report(event_kind::terminated, item.id, 0, 0);
    return left.empty();
  }

  /// Everything alive that carries the mark, but programs.
  std::vector<process_entry> carriers(const std::vector<process_entry>& processes,
                                      const std::optional<lineage>& what) {
    std::vector<process_entry> found;
    for (const auto& entry : processes)
      if (what && !entry.dead() && find_by_pid(entry.pid) == programs_.end() && lineage_of(entry.pid) == what)
        found.push_back(entry);
    return found;
  }

  [[nodiscard]] std::vector<process_entry> survivors(const std::vector<process_entry>& processes) const {
    return descendants(processes, {::getpid()}, [](const process_entry&) { return false; });
  }

  /// The daemon is gone. An isolated init takes its namespace with it; the other one has to hunt until
  /// nothing is left.
  int kill_everything() const {
    if (isolated_)
      return 0;
    for (auto left = survivors(read_processes()); !left.empty(); left = survivors(read_processes())) {
      for (const auto& entry : left)
        signal_process(entry, SIGKILL);
      ::poll(nullptr, 0, static_cast<int>(tick.count()));
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
  const confinement* limits_;
  descriptor rules_; // of writing; none: there are none
  std::vector<running_program> programs_;
  std::vector<adoption> adoptions_;
  std::optional<interruption> interruption_;
  std::vector<termination> terminations_;
  std::optional<ending> shut_down_;
};

/// Where they are once `close_all_but` is through.
constexpr int kept_socket = 3;
constexpr int kept_events = 4;

/// Keeps nothing open but these two, and /dev/null as standard streams. The numbers are larger than theirs
/// will be; -1: there is no file.
void close_all_but(int socket, int memory_events) {
  const int null = ::open("/dev/null", O_RDWR);
  for (int standard = 0; standard <= 2; ++standard)
    ::dup2(null, standard);
  ::dup3(socket, kept_socket, O_CLOEXEC);
  if (memory_events >= 0)
    ::dup3(memory_events, kept_events, O_CLOEXEC);
  ::close_range(memory_events >= 0 ? kept_events + 1 : kept_events, ~0U, 0);
}

void block_all_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
}

} // namespace

int run_init(const init_options& how) {
  ::prctl(PR_SET_NAME, "sandbox-init");
  ::prctl(PR_SET_DUMPABLE, 0); // what it runs may neither trace it nor take its descriptors
  ::setsid();
  close_all_but(how.socket, how.memory_events);
  hold_proc(); // before anything runs that may unmount it
  if (!how.isolated)
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  block_all_signals();

  protocol::event hello;
  hello.value = how.isolation_error;
  hello.isolated = how.isolated;
  const descriptor root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  descriptor rules;
  const bool has_rules = how.limits != nullptr && how.limits->writing.handled != 0;
  if (root && has_rules)
    rules = open_writing_rules(how.limits->writing);
  const int signals = root && (rules || !has_rules) ? open_child_signals() : -1;
  if (signals < 0) {
    hello.kind = event_kind::refused;
    hello.value = errno;
    send_message(kept_socket, hello);
    return 1;
  }
  const std::array passed{root.get(), kept_events};
  send_message(kept_socket, hello, std::span(passed).first(how.memory_events >= 0 ? 2 : 1));
  if (how.memory_events >= 0)
    ::close(kept_events);
  return session_init(kept_socket, signals, how.isolated, how.limits, std::move(rules)).run();
}

} // namespace sandboxd::launcher
