#pragma once

#include "supervision/trace.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

namespace sandboxd::supervision {

/// Which of the messages in one mailbox were sent for a request that is traced. CAF's messages have no room
/// for that, so it is kept beside them, by the address of the mailbox's element. Any thread.
class traced_messages {
public:
  /// Beyond so many that wait in one mailbox messages are not traced.
  static constexpr std::size_t most = 64;

  struct entry {
    const void* element = nullptr;
    trace_origin origin;
    std::chrono::steady_clock::time_point sent;
  };

  /// Before the element is in the mailbox.
  void expect(entry one);

  /// When the element is taken out.
  [[nodiscard]] std::optional<entry> take(const void* element);

private:
  std::atomic<std::size_t> count_{0}; // as a rule 0: then nobody takes the mutex
  std::mutex mutex_;
  std::vector<entry> entries_;
};

} // namespace sandboxd::supervision
