#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace sandboxd::launcher {

/// A value that is replaced as a whole, and read by whoever wants it as it is now. Any thread.
///
/// Not std::atomic<std::shared_ptr>, whose readers in libstdc++ 12 let go without ordering: what they have
/// read races with the next write.
template <class T>
class published {
public:
  published() = default; ///< null, until something is stored
  explicit published(std::shared_ptr<const T> first) : value_(std::move(first)) {}

  [[nodiscard]] std::shared_ptr<const T> load() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

  /// The one before ends, if nobody else has it, when the lock is free again.
  void store(std::shared_ptr<const T> next) {
    const std::lock_guard lock(mutex_);
    value_.swap(next);
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const T> value_;
};

} // namespace sandboxd::launcher
