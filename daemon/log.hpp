#pragma once

#include "config/settings.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

namespace sandboxd::daemon {

/// One named value of a log line.
using log_field = std::pair<std::string_view, std::variant<std::string_view, std::int64_t, double>>;

/// The daemon's log: one line per record on standard error, as JSON or for human eyes.
///
/// `write` may be called from any thread and never waits for the reader of standard error: lines go through a
/// queue of bounded memory to a thread of their own. Lines are dropped when the queue is full or standard
/// error fails, and the next one says how many. What programs say cannot forge lines: control characters are
/// escaped.
class log {
public:
  explicit log(const config::log_settings& settings);
  /// Writes what is queued, for at most a second; what nobody reads by then is lost.
  ~log();
  log(const log&) = delete;
  log& operator=(const log&) = delete;

  /// `subject` says who or what the line is about ("http", an actor's path), `message` what happened.
  /// Fields with an empty text are left out.
  void write(config::log_level level, std::string_view subject, std::string_view message,
             std::initializer_list<log_field> fields = {});

  /// Waits, for at most a second, until everything is written. Returns whether it is.
  bool flush();

  [[nodiscard]] bool writes(config::log_level level) const noexcept { return level >= level_.load(); }
  void set_level(config::log_level level) noexcept { level_.store(level); }

private:
  std::string format(config::log_level level, std::string_view subject, std::string_view message,
                     std::initializer_list<log_field> fields) const;
  void run();
  void enqueue(std::string line);
  /// Takes the lines that come next out of the queue, not more than are written at once.
  std::string take_batch();
  /// Returns what could not be written.
  std::string_view write_batch(std::string_view text) const;

  std::atomic<config::log_level> level_;
  const config::log_format format_;
  const std::size_t most_bytes_; // of the queue
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::string> lines_;
  std::size_t queued_bytes_ = 0; // what they take in memory
  std::uint64_t dropped_ = 0;
  std::atomic<bool> stopping_ = false;
  bool flushing_ = false;
  bool written_ = true; // nothing is queued or being written
  std::thread writer_;
};

} // namespace sandboxd::daemon
