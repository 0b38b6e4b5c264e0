#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace sandboxd::launcher {

/// A thread of its own for what would hold up an I/O thread: runs tasks one after the other. It starts with
/// the first task. Any thread.
class background_worker {
public:
  /// Directories that may wait; further ones stay until the daemon removes its runtime directory.
  static constexpr std::size_t most_directories = 1024;

  background_worker() = default;
  /// Waits for the task under way; what waits is dropped.
  ~background_worker();
  background_worker(const background_worker&) = delete;
  background_worker& operator=(const background_worker&) = delete;

  /// Removes a directory with all that is in it, up to a session in size.
  void remove(std::string path);

  /// Runs `task`, which must not throw, in its turn. How many wait the caller bounds. Throws
  /// std::system_error when the thread cannot be started.
  void run(std::function<void()> task);

private:
  void add(std::function<void()> task);
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  std::size_t directories_ = 0; // of them
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace sandboxd::launcher
