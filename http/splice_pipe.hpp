#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sandboxd::http {

/// Moves bytes from one socket to another inside the kernel (splice(2)), by way of a pipe: they are never
/// copied into this process. Costs two descriptors and as much of the kernel's memory as the pipe holds. The
/// process must ignore SIGPIPE, and the sockets must not block. Not thread-safe.
class splice_pipe {
public:
  /// Why a transfer has stopped.
  enum class stop : std::uint8_t { done, source_empty, source_ended, sink_full, sink_failed };
  struct progress {
    stop why = stop::done;
    std::size_t taken = 0; ///< bytes read from the source
    std::size_t sent = 0;  ///< bytes that the sink has got
  };

  /// Empty when the system has none left.
  static std::optional<splice_pipe> open();

  splice_pipe(splice_pipe&& other) noexcept;
  splice_pipe& operator=(splice_pipe&&) = delete;
  ~splice_pipe();

  /// Moves `most` bytes, or as many as go without waiting. What the sink does not take is kept for the next
  /// call. A source that fails has ended.
  progress move(int source, int sink, std::uint64_t most);

  [[nodiscard]] bool is_empty() const { return held_ == 0; }

private:
  splice_pipe(int output, int input, std::size_t size) : output_(output), input_(input), size_(size) {}

  int output_; ///< -1 when moved from
  int input_;
  std::size_t size_;     ///< bytes
  std::size_t held_ = 0; ///< bytes
};

} // namespace sandboxd::http
