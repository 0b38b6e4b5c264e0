#pragma once

#include "actors/code_messages.hpp"
#include "launcher/background_worker.hpp"
#include "launcher/executor_link.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace sandboxd::actors {

/// How an executor came out of a run.
enum class run_end : std::uint8_t {
  survived,
  died,      ///< it ends, or has ended
  not_begun, ///< the same before it began: nobody has been told anything
};

/// How an executor ended.
struct executor_end {
  std::string cause;      ///< in words: "with exit code 3", "by signal 9 (Killed)"
  bool blameless = false; ///< its fork server was lost before it was forked, or their namespace has ended
};

/// What the daemon and one executor say to each other: configures it, has it run one cell at a time, tells
/// the observer of the run what comes of it, and ends it when it has lost its senses. Whoever owns the
/// process tells how that ended (`process_ended`).
///
/// Any thread; the work is done, and call-backs are called, on the link's strand.
class executor_dialogue : public std::enable_shared_from_this<executor_dialogue> {
public:
  struct callbacks {
    std::function<void(const std::string& version)> ready;
    /// There is no executor any more. The last call.
    std::function<void(const executor_end& end)> gone;
  };

  struct limits {
    std::size_t largest_event = 0; ///< bytes of a frame
    /// Between an interrupt by a timeout, or for a client that has left, and the end of the executor.
    std::chrono::milliseconds interrupt_grace{2000};
  };

  /// `reader` reads large messages, which take too long for a thread of `io`.
  static std::shared_ptr<executor_dialogue> create(asio::io_context& io, launcher::executor_channels ours,
                                                   const limits& bounds, callbacks events,
                                                   std::shared_ptr<launcher::background_worker> reader);

  executor_dialogue(const executor_dialogue&) = delete;
  executor_dialogue& operator=(const executor_dialogue&) = delete;
  ~executor_dialogue();

  /// The executor's number as this process sees it; 0 until it has sent something. Any thread.
  [[nodiscard]] pid_t process_id() const noexcept { return link_->process_id(); }

  /// Once, before the first run.
  void configure(const interpreters::configure_executor& order);

  /// Who uses the executor is told of its end, too, at once if it has ended.
  void on_gone(std::function<void(const executor_end& end)> told);

  struct run_options {
    std::chrono::milliseconds timeout{0}; ///< zero: none
    bool interrupt_when_left = true;      ///< when nobody listens any more
    bool state_lost = false;              ///< for the observer
  };

  /// Runs a cell; not while another runs. The observer is told everything, `done` when it has heard the last.
  void run(const interpreters::run_cell& order, const run_options& options, run_handle observer,
           std::function<void(run_end)> done);

  /// SIGINT for the run that is under way; without one nothing happens.
  void interrupt();

  /// Kills the executor; `why` is its cause then, unless there is one already.
  void kill(const std::string& why);

  /// There is no process, for this reason. `blameless`: `executor_end`.
  void not_started(const std::string& problem, bool blameless = false);

  /// The process has ended with this wait status; absent when nobody knows. `out_of_memory`: the kernel has
  /// killed something of it since there was no memory for it.
  void process_ended(std::optional<int> status, bool out_of_memory = false);

  /// Nobody will tell how the process ends: its parent is gone.
  void orphaned();

  /// The process is being ended with its namespace, which is not waited for.
  void doomed();

private:
  struct current_run {
    run_handle observer;
    std::function<void(run_end)> done;
    run_options options;
    bool timed_out = false;
    bool waits_for_reading = false; ///< at its limit
    bool only_end_counts = false;   ///< whatever else it has to tell
    bool is_interrupted = false;
    bool hears_interrupts = false; ///< the cell has begun
  };

  executor_dialogue(asio::io_context& io, const limits& bounds, callbacks events,
                    std::shared_ptr<launcher::background_worker> reader);

  void on_event(std::string payload);
  void read_elsewhere(std::string payload);
  void was_read(std::optional<interpreters::executor_event> event, std::size_t size, std::uint64_t run);
  void on_event_read(std::optional<interpreters::executor_event> event, std::size_t size);
  void on_output(bool is_error_stream, std::string_view bytes);
  void on_closed(bool broken);
  void on_process_gone();
  void wait_for_status(std::chrono::milliseconds time);
  void handle(const interpreters::executor_ready& event);
  void handle(interpreters::executor_running event);
  void handle(interpreters::executor_synchronizes event);
  void handle(interpreters::executor_result event);
  void handle(interpreters::executor_outcome event);
  void begin(std::string text);
  [[nodiscard]] bool is_ending() const noexcept {
    return is_given_up_ || closed_ || is_gone_ || process_ended_ || ended_;
  }
  run_control make_control();
  void limit_is_reached();
  void time_is_over();
  void client_left();
  void interrupt_or_kill();
  void hear_out_and_kill();
  void give_up(const std::string& cause);
  void begin_interrupt();
  void send_interrupt();
  void remind_of_interrupt(std::chrono::milliseconds pause);
  void pass_on_output();
  void end_run(run_outcome outcome);
  void end();

  template <class Call>
  void on_strand(Call call);
  template <class Call>
  void after(asio::steady_timer& timer, std::chrono::milliseconds time, Call call);
  template <class Call>
  void in_this_run_after(asio::steady_timer& timer, std::chrono::milliseconds time, Call call);

  const limits limits_;
  callbacks call_;
  std::shared_ptr<launcher::background_worker> reader_;
  std::shared_ptr<launcher::executor_link> link_;
  std::function<void(const executor_end&)> told_gone_;
  std::optional<current_run> run_;
  std::uint64_t runs_ = 0;
  std::uint64_t execution_count_ = 0; // of the run before
  asio::steady_timer run_timer_;
  asio::steady_timer interrupt_timer_; // to the next signal
  asio::steady_timer end_timer_;
  bool repeat_interrupts_ = false; // `executor_ready`
  std::string unfinished_line_;    // that may be going on
  output_stream unfinished_stream_ = output_stream::out;
  asio::steady_timer line_timer_;
  bool is_given_up_ = false;    // and killed
  bool closed_ = false;         // the link
  bool is_gone_ = false;        // the process
  bool process_ended_ = false;  // with a status, or nobody knows it
  bool is_orphan_ = false;      // nobody will tell it
  bool is_reading_ = false;     // an event, elsewhere
  bool ends_when_read_ = false; // what that event tells comes first
  bool had_last_words_ = false; // and what came behind it
  bool ended_ = false;
  std::string cause_; // of the end, once there is one
  bool is_blameless_ = false;
};

} // namespace sandboxd::actors
