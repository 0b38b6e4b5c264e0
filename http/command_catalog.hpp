#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sandboxd::http {

using command_names = std::shared_ptr<const std::vector<std::string>>;

/// The names of the regular executable files in the directories of a PATH, sorted, each once. Directories
/// that cannot be read are passed over, as the shell does. Blocks on the file system.
[[nodiscard]] std::vector<std::string> executables_on(std::string_view path);

/// Answers which commands the sandbox has. A scan of PATH touches thousands of files, perhaps on a slow disk,
/// so it runs on a thread of its own, at most one at a time, and its result serves everybody for a while.
///
/// Thread-safe. The destructor waits for a scan that is under way.
class command_catalog {
public:
  /// `path`: a list of directories as in the environment variable. `lifetime`: how long a result is handed
  /// out.
  explicit command_catalog(std::string path, std::chrono::milliseconds lifetime = std::chrono::seconds(10));
  ~command_catalog();
  command_catalog(const command_catalog&) = delete;
  command_catalog& operator=(const command_catalog&) = delete;

  /// Calls `done` once: at once when a result is at hand, else from the scanning thread, with null when the
  /// scan failed. It must not block, throw, call back into the catalogue or own it. Throws std::system_error
  /// when no thread can be started; `done` is not called then.
  void list(std::function<void(command_names)> done);

private:
  void start_scanning();
  void scan();

  const std::string path_;
  const std::chrono::milliseconds lifetime_;
  std::mutex mutex_;
  command_names names_;
  std::chrono::steady_clock::time_point scanned_at_;
  std::vector<std::function<void(command_names)>> waiting_;
  std::thread scanner_;
};

} // namespace sandboxd::http
