#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/group_stock.hpp"
#include "launcher/lineage.hpp"
#include "launcher/program.hpp"
#include "launcher/protocol.hpp"
#include "launcher/unix_message.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sandboxd::launcher {

/// One process under its two names.
struct process_ids {
  pid_t in_session = 0; ///< what the session itself sees
  pid_t on_host = 0;    ///< what the daemon sees
};

/// What is known of an init once it runs.
struct init_identity {
  pid_t on_host = 0;
  /// Whether it has a PID and mount namespace of its own.
  bool isolated = false;
  /// Why not, in words; empty when nobody asked for isolation or it is there.
  std::string isolation_problem;
};

/// What happens to one program below an init. Called on the strand; empty functions are skipped.
struct program_events {
  /// It runs (`error` 0), or could not be started or adopted (errno or `cannot_enter`; the last call then).
  std::function<void(process_ids ids, int error)> started;
  /// It ended; `status` is its wait status. Absent: the init was lost, so nobody knows.
  std::function<void(std::optional<int> status)> ended;
};

/// The daemon's side of one session's init: starts programs below it and learns exactly how they end.
///
/// All functions but `executor`, `shut_down` and `kill` must be called on `executor()`, a strand on which all
/// call-backs run. The init and everything below it end with the last reference, or with `kill`, whether the
/// init obeys or not: it is killed by its pidfd. An isolated one takes its namespace along; what an
/// unisolated one leaves is hunted (`hunt`), also when somebody else has killed it.
class session_process : public std::enable_shared_from_this<session_process> {
public:
  using strand = asio::strand<asio::io_context::executor_type>;

  struct callbacks {
    std::function<void(const init_identity&)> ready;
    /// The init is gone, or never came; with the reason. The last call.
    std::function<void(const std::string& reason)> lost;
  };

  /// `socket` comes from `spawner::spawn`.
  static std::shared_ptr<session_process> create(asio::io_context& io, descriptor socket, callbacks events);

  ~session_process();
  session_process(const session_process&) = delete;
  session_process& operator=(const session_process&) = delete;

  [[nodiscard]] const strand& executor() const noexcept { return strand_; }

  /// The session's root directory (O_PATH); null until `ready`.
  [[nodiscard]] const std::shared_ptr<const descriptor>& root() const noexcept { return root_; }

  /// How many of its processes the kernel has killed since there was no memory for them; 0 where that is not
  /// limited.
  [[nodiscard]] std::uint64_t out_of_memory_kills() const;

  /// Starts a program and returns its id. `descriptors` become its 0, 1, 2 and so on; they are duplicated,
  /// the caller keeps its own. At least the three standard streams, one less than `max_passed_descriptors` at
  /// most.
  std::uint32_t start(const program& what, std::span<const int> descriptors, program_events events);

  /// Has the init watch over a descendant process (number in the session) as if it had started it, and move
  /// it into a control group unless that is null, which is kept until nobody is in it, or the init ends.
  std::uint32_t adopt(pid_t in_session, program_events events, std::shared_ptr<lent_group> group = nullptr);

  /// Tells what program `id` starts from now on apart from what it has started before. Takes no time.
  void mark(std::uint32_t id);

  /// Stops what the shell `id` runs: SIGTERM to everything it has started since its last mark, after `grace`
  /// SIGKILL, until all of it is gone and `end_interrupt` was called; then calls `settled`.
  void interrupt(std::uint32_t id, std::chrono::milliseconds grace, std::function<void()> settled);

  /// The shell is back at its prompt and wants no more signals.
  void end_interrupt();

  /// Ends program `id` and everything it has started since its last mark: SIGTERM, after `grace` SIGKILL;
  /// then calls `gone`.
  void terminate(std::uint32_t id, std::chrono::milliseconds grace, std::function<void()> gone = nullptr);

  /// Ends everything (SIGTERM, after `grace` SIGKILL), then the init: `lost` follows. An init that has not
  /// ended half a second after the grace is killed. Any thread.
  void shut_down(std::chrono::milliseconds grace);

  /// Its init does not do what it is told: kills everything, and tells `lost` so. Any thread.
  void give_up(const std::string& reason);

  /// Kills everything at once, the init too: programs end (`ended` without a status), but `lost` does not
  /// follow. Any thread.
  void kill();

private:
  struct known_program {
    program_events events;
    pid_t on_host = 0; // once it runs
    bool is_marked = false;
    descriptor handle{}; // pidfd, once it runs and was to be marked
    std::shared_ptr<lent_group> group{};
  };

  session_process(asio::io_context& io, descriptor socket, callbacks events);

  std::uint32_t enter(program_events events);
  void wait();
  void read_events();
  void handle(const protocol::event& event, received_extras& extras);
  void on_hello(const protocol::event& event, received_extras& extras);
  void on_started(const protocol::event& event, pid_t sender);
  [[nodiscard]] descriptor handle_of(pid_t program) const;
  void send(protocol::command_kind kind, std::uint32_t id = 0, std::chrono::milliseconds time = {});
  void send(const protocol::command& order, std::span<const int> descriptors = {});
  void on_exited(const protocol::event& event);
  void lose(const std::string& reason);
  void end_init() const;
  void kill_left() const;

  asio::io_context& io_;
  strand strand_;
  asio::posix::stream_descriptor socket_;
  callbacks events_;
  const lineage lineage_ = new_session_lineage();
  std::uint32_t last_id_ = 0; // of programs and marks
  std::map<std::uint32_t, known_program> programs_;
  std::function<void()> settled_;
  std::multimap<std::uint32_t, std::function<void()>> terminations_; // who waits for the end of which program
  descriptor init_;                                                  // pidfd, once it runs
  pid_t init_number_ = 0;                                            // on the host
  std::shared_ptr<const descriptor> root_;
  descriptor memory_events_;
  std::vector<std::weak_ptr<lent_group>> left_groups_; // of programs that have ended
  bool isolated_ = false;
  asio::steady_timer end_timer_;
};

} // namespace sandboxd::launcher
