#pragma once

#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

/// Sole owner of one file descriptor; -1 means none. Closes it on destruction.
class descriptor {
public:
  descriptor() noexcept = default;
  explicit descriptor(int number) noexcept : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    reset(std::exchange(other.number_, -1));
    return *this;
  }
  ~descriptor() { reset(); }

  [[nodiscard]] int get() const noexcept { return number_; }
  explicit operator bool() const noexcept { return number_ >= 0; }

  /// Gives the descriptor away; the caller closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

  /// Closes the descriptor held, if any, and owns `number` instead.
  void reset(int number = -1) noexcept {
    if (number_ >= 0)
      ::close(number_);
    number_ = number;
  }

private:
  int number_ = -1;
};

/// Both ends of a pipe or of a socket pair.
struct descriptor_pair {
  descriptor first;  ///< the reading end of a pipe
  descriptor second; ///< the writing end of a pipe
};

/// A pipe, or a seqpacket socket pair, all ends close-on-exec.
/// Throws std::system_error (descriptor limits).
descriptor_pair make_pipe();
descriptor_pair make_seqpacket_pair();

} // namespace sandboxd::launcher
