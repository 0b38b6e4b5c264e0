#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/session_process.hpp"

#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

namespace sandboxd::launcher {

/// What became of bytes for the standard input of a process.
struct input_result {
  enum class ending : std::uint8_t {
    written, ///< all of them are in its pipe
    late,    ///< the process has not read enough in time
    full,    ///< too much waits already
    closed,  ///< the process, or a request before, has closed the input
  };
  ending how = ending::written;
  std::size_t written = 0; ///< bytes that went into the pipe; what is left was dropped
};

/// The standard input of one process: bytes wait here until its pipe takes them, in order, bounded in number
/// and time. Any thread; call-backs run on the session's strand.
class process_input : public std::enable_shared_from_this<process_input> {
public:
  using reply = std::function<void(input_result)>;

  /// `pipe`: its writing end, not blocking. `most_waiting`: bytes.
  process_input(const session_process::strand& strand, descriptor pipe, std::size_t most_waiting);

  /// Writes bytes, after all that were given before; `done` is called exactly once, within `time`. With
  /// `close` the process sees the end of its input after them, if all of them arrive.
  void write(std::string bytes, bool close, std::chrono::milliseconds time, reply done);

  /// The process has ended: nothing more is of use.
  void end();

private:
  struct waiting {
    std::string bytes;
    std::size_t written = 0;
    reply done;
    bool close = false;
    std::uint64_t number = 0;
    std::unique_ptr<asio::steady_timer> timer = nullptr;
  };

  void enter(waiting entry, std::chrono::milliseconds time);
  void flush();
  void await_room();
  void expire(std::uint64_t number);
  void answer_first(input_result::ending how);
  void shut();

  const session_process::strand strand_;
  asio::posix::stream_descriptor pipe_;
  const std::size_t most_waiting_;
  std::deque<waiting> queue_;
  std::size_t bytes_waiting_ = 0;
  std::uint64_t last_number_ = 0;
  bool awaiting_ = false;
  bool closing_ = false; ///< a write that waits is to be the last
};

} // namespace sandboxd::launcher
