#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

namespace sandboxd::launcher {

/// Removes directories with all that is in them, on a thread of its own that may block: their size is up to a
/// session. The thread starts with the first directory. Any thread.
class directory_cleaner {
public:
  /// Directories that may wait; further ones stay until the daemon removes its runtime directory.
  static constexpr std::size_t most_waiting = 1024;

  directory_cleaner() = default;
  /// Waits for the removal under way; what waits stays.
  ~directory_cleaner();
  directory_cleaner(const directory_cleaner&) = delete;
  directory_cleaner& operator=(const directory_cleaner&) = delete;

  void remove(std::string path);

private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace sandboxd::launcher
