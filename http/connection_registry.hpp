#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sandboxd::http {

class connection_guard;

/// The open connections of one server. Safe from any thread.
class connection_registry {
public:
  void add(std::uint64_t id, std::shared_ptr<connection_guard> guard);
  void remove(std::uint64_t id);

  /// The guard of an open connection, or nullptr.
  [[nodiscard]] std::shared_ptr<connection_guard> find(std::uint64_t id) const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::vector<std::shared_ptr<connection_guard>> all() const;

  /// Closes the connection that has waited longest for its next request, if any waits.
  void close_longest_idle();

  /// `removed()` runs after each `remove`, on the thread that removed. Set before the first `add`.
  void on_removed(std::function<void()> removed) { removed_ = std::move(removed); }

  /// Blocks until no connection is open; false when that did not happen before `until`.
  [[nodiscard]] bool wait_until_empty(std::chrono::steady_clock::time_point until);

private:
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::unordered_map<std::uint64_t, std::shared_ptr<connection_guard>> guards_;
  std::function<void()> removed_;
};

} // namespace sandboxd::http
