#pragma once

#include "launcher/process_log.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace sandboxd::actors {

/// States of a background process (HTTP.md 5.1).
enum class process_status : std::uint8_t {
  starting,  ///< accepted, waits for its session
  running,   ///< alive
  completed, ///< ended with exit code 0
  failed,    ///< ended with another
  killed,    ///< ended by a kill, by its session's end, or with 137 or 143 however caused
  error,     ///< could not be started, or was lost inside the server
};

/// What is known of one background process.
struct process_record {
  using time = std::chrono::system_clock::time_point;

  std::string id;
  std::string session;
  std::string command;
  std::int64_t pid = 0; ///< in its session; 0 until it runs
  process_status status = process_status::starting;
  time start_time;
  std::optional<time> end_time;
  /// 128 + signal number when a signal ended it; absent while it runs and when nobody knows.
  std::optional<int> exit_code;

  [[nodiscard]] bool finished() const noexcept { return end_time.has_value(); }
};

/// A background process as everybody sees it: its record and its output, also after its end. Its actor
/// writes, any thread reads.
class tracked_process {
public:
  /// `room`: memory taken for the command's text; given back when the process ends, and the text cut.
  tracked_process(process_record record, const launcher::ring_limits& limits,
                  std::shared_ptr<const void> room = nullptr)
      : log(limits), record_(std::move(record)), room_(std::move(room)) {}

  /// These never change.
  [[nodiscard]] const std::string& id() const noexcept { return record_.id; }
  [[nodiscard]] const std::string& session() const noexcept { return record_.session; }

  [[nodiscard]] bool finished() const {
    const std::lock_guard lock(mutex_);
    return record_.finished();
  }

  [[nodiscard]] process_record record() const {
    const std::lock_guard lock(mutex_);
    return record_;
  }

  /// It runs.
  void run(std::int64_t pid) {
    const std::lock_guard lock(mutex_);
    record_.pid = pid;
    record_.status = process_status::running;
  }

  /// It is over, the first time only: whoever follows the log sees the final record.
  void finish(process_status status, std::optional<int> exit_code, process_record::time now) {
    {
      const std::lock_guard lock(mutex_);
      if (record_.finished())
        return;
      record_.status = status;
      record_.exit_code = exit_code;
      record_.end_time = now;
      if (record_.command.size() > longest_kept_command)
        record_.command = record_.command.substr(0, longest_kept_command) + "...";
      room_.reset();
    }
    log.close();
  }

  launcher::process_log log;
  /// The name of its actor below the supervisor `processes`: never the id, which is the client's.
  const std::string child = std::to_string(++last_number_);

private:
  /// Of a finished process, in bytes: thousands are kept.
  static constexpr std::size_t longest_kept_command = 64u << 10;

  static inline std::atomic<std::uint64_t> last_number_ = 0;

  mutable std::mutex mutex_;
  process_record record_;
  std::shared_ptr<const void> room_;
};

using tracked_process_ptr = std::shared_ptr<tracked_process>;

} // namespace sandboxd::actors
