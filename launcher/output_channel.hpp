#pragma once

#include "launcher/captured_output.hpp"
#include "launcher/descriptor.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/strand.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace sandboxd::launcher {

/// Bytes that may still be passed on, shared by the two output streams of one command.
struct output_credit {
  std::uint64_t bytes = 0;
};

class output_channel;

/// Bounds the channels of one session that are kept open for background writers alone. Any thread.
class retired_channels {
public:
  explicit retired_channels(std::size_t most) : most_(most) {}

  /// One more than the bound: the oldest is closed, and its writers get SIGPIPE with their next output.
  void add(const std::shared_ptr<output_channel>& channel);

private:
  std::size_t most_;
  std::mutex mutex_;
  std::deque<std::weak_ptr<output_channel>> channels_;
};

/// The reading end of one output stream of one command: a pipe, or a FIFO opened here before the shell opens
/// it for writing. What is read is captured, or passed on as far as credit allows (at zero credit the FIFO
/// fills and the writer waits). After the command's end `finish` takes what is there. If a background writer
/// still holds the FIFO then, the FIFO loses its name and is read and discarded until that writer is gone, so
/// that it neither gets SIGPIPE nor a full pipe, and never mixes into a later command; the channel keeps
/// itself alive for that time. Else the channel can serve the next command.
///
/// Every function must be called on the strand given to it.
class output_channel : public std::enable_shared_from_this<output_channel> {
public:
  using strand = asio::strand<asio::io_context::executor_type>;
  using live_sink = std::function<void(std::string bytes)>;

  /// Makes the FIFO `path` (a stale one is replaced) and opens it; `retired` may be null (no bound). Throws
  /// std::system_error.
  output_channel(const strand& executor, std::string path,
                 std::shared_ptr<retired_channels> retired = nullptr);

  /// Takes the reading end of a pipe, for a program that is given the other end.
  output_channel(const strand& executor, descriptor pipe);

  ~output_channel();

  /// Starts reading into `target`.
  void capture(std::shared_ptr<captured_output> target);

  /// Starts reading for `sink`, at most `credit->bytes` bytes; call `resume` after adding credit.
  void pass_on(live_sink sink, std::shared_ptr<output_credit> credit);
  void resume();

  /// From now on whatever is read is dropped, without need of credit, and the channel serves no other
  /// command.
  void discard();

  /// The writer that matters is done: delivers the bytes that are in the FIFO now and then `tail`, which it
  /// has written elsewhere; then calls `done`.
  void finish(std::string tail, std::function<void()> done);

  /// Takes the FIFO's name away, so that a new channel may have it; this one serves no other command.
  void give_up_name();

  /// Whether `finish` found nobody else writing, so that another command may use the channel.
  [[nodiscard]] bool reusable() const noexcept { return mode_ == mode::idle; }

private:
  friend class retired_channels;

  enum class mode { idle, capturing, passing, discarding };

  output_channel(const strand& executor, descriptor_pair fifo, std::shared_ptr<retired_channels> retired);

  void wait();
  void read_available();
  bool read_piece();
  void deliver_tail();
  [[nodiscard]] std::size_t allowance() const;
  void deliver(const char* bytes, std::size_t count);
  void complete();
  void retire();

  asio::posix::stream_descriptor reader_;
  /// Our own writing end: as long as it is open the reader cannot see an end, neither before the shell opens
  /// the FIFO nor between two commands.
  descriptor writer_;
  strand executor_;
  std::shared_ptr<retired_channels> retired_;
  std::string path_; // empty: a pipe, or a FIFO without a name
  mode mode_ = mode::idle;
  std::shared_ptr<captured_output> target_;
  live_sink sink_;
  std::shared_ptr<output_credit> credit_;
  bool waiting_ = false;
  bool waiting_retired_ = false; // until the end of the last writer, by a wait that keeps the channel alive
  bool finishing_ = false;
  std::uint64_t still_expected_ = 0; // bytes to deliver before `done_`, while finishing
  std::string tail_;                 // what follows them
  std::function<void()> done_;
};

} // namespace sandboxd::launcher
