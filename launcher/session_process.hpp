#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/program.hpp"
#include "launcher/protocol.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/strand.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

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
  /// It runs (`error` 0), or could not be started or adopted (errno; the last call then).
  std::function<void(process_ids ids, int error)> started;
  /// It ended; `status` is its wait status. Absent: the init was lost, so nobody knows.
  std::function<void(std::optional<int> status)> ended;
};

/// The daemon's side of one session's init: starts programs below it and learns exactly how they end.
///
/// All functions but `executor`, `shut_down` and `kill` must be called on `executor()`, a strand on which all
/// call-backs run. The init and everything below it end with the last reference, or with `kill`.
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

  [[nodiscard]] const strand& executor() const noexcept { return strand_; }

  /// Starts a program with these standard streams (duplicated; the caller keeps its own) and returns its id.
  std::uint32_t start(const program& what, int standard_input, int standard_output, int standard_error,
                      program_events events);

  /// Has the init watch over a descendant process (number in the session) as if it had started it.
  std::uint32_t adopt(pid_t in_session, program_events events);

  /// Remembers which processes exist, for the next `interrupt`; then calls `marked`.
  void mark(std::function<void()> marked);

  /// Stops what the shell `id` runs: SIGTERM to everything started since the mark, after `grace` SIGKILL,
  /// until all of it is gone and `end_interrupt` was called; then calls `settled`.
  void interrupt(std::uint32_t id, std::chrono::milliseconds grace, std::function<void()> settled);

  /// The shell is back at its prompt and wants no more signals.
  void end_interrupt();

  /// Ends the adopted program `id` and everything below it or in its process group: SIGTERM, after `grace`
  /// SIGKILL.
  void terminate(std::uint32_t id, std::chrono::milliseconds grace);

  /// Ends everything (SIGTERM, after `grace` SIGKILL), then the init: `lost` follows. Any thread.
  void shut_down(std::chrono::milliseconds grace);

  /// Kills everything at once, the init too: programs end (`ended` without a status), but `lost` does not
  /// follow. Any thread.
  void kill();

private:
  session_process(asio::io_context& io, descriptor socket, callbacks events);

  std::uint32_t enter(program_events events);
  void wait();
  void read_events();
  void handle(const protocol::event& event, pid_t sender);
  void send(protocol::command_kind kind, std::uint32_t id, pid_t pid = 0,
            std::chrono::milliseconds time = {});
  void lose(const std::string& reason);

  strand strand_;
  asio::posix::stream_descriptor socket_;
  callbacks events_;
  std::uint32_t last_id_ = 0;
  std::map<std::uint32_t, program_events> programs_;
  std::function<void()> marked_;
  std::function<void()> settled_;
};

} // namespace sandboxd::launcher
