#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/frame_reader.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/strand.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <sys/types.h>

namespace sandboxd::launcher {

/// One side of what connects the daemon and an executor.
struct executor_channels {
  descriptor requests; ///< a stream socket: frames to the executor
  descriptor events;   ///< a stream socket: frames from it; a byte back for each that is acknowledged
  descriptor output;   ///< a pipe: standard output
  descriptor errors;   ///< a pipe: standard error
};

struct executor_channel_pair {
  executor_channels ours;
  executor_channels theirs; ///< close-on-exec, blocking
};

/// Throws std::system_error (descriptor limits).
executor_channel_pair make_executor_channels();

/// The daemon's side of a running executor: sends requests, takes its events and what it prints, in the order
/// in which they were made, no faster than credit allows, and interrupts it. Knows nothing of what the frames
/// say.
///
/// Before the first `begin_run` and after `end_run` what is printed is dropped, and events pass without
/// credit.
///
/// `interrupt`, `wake` and `kill` may be called from any thread; everything else, and all call-backs, on
/// `executor()`.
class executor_link : public std::enable_shared_from_this<executor_link> {
public:
  using strand = asio::strand<asio::io_context::executor_type>;

  struct callbacks {
    /// A frame; everything the executor printed before has been passed on.
    std::function<void(std::string payload)> event;
    std::function<void(bool is_error_stream, std::string bytes)> output;
    /// It sends no more: it has ended, has closed its socket, or (`broken`) sends a frame that is too large.
    /// Nothing is passed on any more.
    std::function<void(bool broken)> closed;
    /// Its process has ended; before or after `closed`, and never when it has never sent anything.
    std::function<void()> process_gone;
  };

  /// `largest_event`: bytes of a frame.
  static std::shared_ptr<executor_link> create(asio::io_context& io, executor_channels ours,
                                               std::size_t largest_event, callbacks events);

  executor_link(const executor_link&) = delete;
  executor_link& operator=(const executor_link&) = delete;
  ~executor_link();

  [[nodiscard]] const strand& executor() const noexcept { return strand_; }

  /// The executor's number as this process sees it; 0 until it has sent something. Any thread.
  [[nodiscard]] pid_t process_id() const noexcept { return process_id_; }

  /// Sends a request, after those that were sent before.
  void send(std::string payload);

  /// The executor may go on after an event that waits for this.
  void acknowledge();

  /// What is printed from now on is passed on, and credit is zero.
  void begin_run();
  void end_run();

  /// Allows that many more bytes of events and output to be passed on. At zero the executor waits; a frame,
  /// and what was printed before it, is passed on as a whole.
  void grant(std::size_t bytes);

  /// Until `go_on` nothing more is passed on, its end neither: who took an event needs time for it.
  void hold();
  void go_on();

  /// Nobody listens any more: until `end_run` what is printed is dropped, and events pass without credit.
  void drop_output();

  /// SIGINT for the executor, if it has sent anything yet and still runs.
  void interrupt();
  /// SIGURG for it, which does nothing but end a system call that waits; ignored where there is no handler.
  void wake();
  /// SIGKILL for it; one that has not sent anything yet is let go of, and ends by itself.
  void kill();

private:
  executor_link(asio::io_context& io, executor_channels ours, std::size_t largest_event, callbacks events);

  /// A descriptor that is read, and whether somebody waits for it.
  struct source {
    asio::posix::stream_descriptor descriptor;
    bool waiting = false;
  };

  void wait(source& from);
  void wait_for_all();
  void read_events();
  void hand_over_events();
  bool read_output(source& pipe, std::size_t most);
  void drain_output();
  void drain(source& pipe);
  void write_requests();
  void identify_executor();
  void close(bool broken);
  void signal(int number);
  [[nodiscard]] bool may_read() const { return !held_ && (dropping_ || credit_ > 0); }

  strand strand_;
  asio::posix::stream_descriptor requests_;
  source events_;
  source output_;
  source errors_;
  callbacks call_;
  frame_reader frames_;
  std::deque<std::string> unsent_;
  std::size_t sent_of_first_ = 0;
  bool writing_ = false;
  bool dropping_ = true;
  bool held_ = false;
  bool handing_over_ = false;
  std::int64_t credit_ = 0; // below zero after a frame, and what belongs to it, that was larger
  std::atomic<pid_t> process_id_ = 0;
  std::optional<asio::posix::stream_descriptor> process_; // pidfd, once the executor has sent something
};

} // namespace sandboxd::launcher
