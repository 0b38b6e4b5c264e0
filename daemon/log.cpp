#include "daemon/log.hpp"

#include "daemon/plain_text.hpp"
#include "launcher/quiet_thread.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstddef>
#include <ctime>
#include <iterator>
#include <poll.h>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace sandboxd::daemon {

namespace {

/// How long a line may wait for others before it is written.
constexpr std::chrono::milliseconds batch_time{5};

/// How often the writer looks whether it shall still wait for the reader of standard error.
constexpr std::chrono::milliseconds pause_between_tries{50};

/// How much is written at once, unless a single line is longer.
constexpr std::size_t batch_bytes = 64 << 10;

/// What a line takes in memory while it waits.
std::size_t size_of(const std::string& line) {
  return sizeof(line) + line.capacity();
}

std::string_view name_of(config::log_level level) {
  switch (level) {
  case config::log_level::debug:
    return "debug";
  case config::log_level::info:
    return "info";
  case config::log_level::warn:
    return "warn";
  case config::log_level::error:
    return "error";
  }
  return "error";
}

bool needs_no_escape(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; });
}

/// JSON text of a string, whatever its bytes.
std::string quoted(std::string_view text) {
  if (needs_no_escape(text))
    return fmt::format("\"{}\"", text);
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool is_empty(const log_field& field) {
  const auto* text = std::get_if<std::string_view>(&field.second);
  return text != nullptr && text->empty();
}

std::string value_text(const log_field& field) {
  return std::visit(
      [](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>)
          return quoted(value);
        else
          return fmt::format("{}", value);
      },
      field.second);
}

/// ISO 8601 in UTC. The part that changes once a second is kept: a log line comes with every request.
std::string timestamp() {
  using namespace std::chrono;
  static thread_local time_t last_second = -1;
  static thread_local std::string text;
  const auto now = system_clock::now().time_since_epoch();
  const auto second = static_cast<time_t>(duration_cast<seconds>(now).count());
  if (second != std::exchange(last_second, second))
    text = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(second));
  return fmt::format("{}.{:03}Z", text, duration_cast<milliseconds>(now).count() % 1000);
}

/// Waits until standard error takes some bytes, or fails. Returns whether it does within `patience`.
bool takes_bytes(std::chrono::milliseconds patience) {
  pollfd out{STDERR_FILENO, POLLOUT, 0};
  const int ready = ::poll(&out, 1, static_cast<int>(patience.count()));
  return ready > 0 || (ready < 0 && errno != EINTR);
}

} // namespace

log::log(const config::log_settings& settings)
    : level_(settings.level), format_(settings.format), most_bytes_(settings.queue_bytes) {
  writer_ = launcher::quiet_thread([this] { run(); });
}

log::~log() {
  flush();
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  writer_.join();
}

bool log::flush() {
  std::unique_lock lock(mutex_);
  flushing_ = true;
  changed_.notify_all();
  const bool done = changed_.wait_for(lock, std::chrono::seconds(1), [this] { return written_; });
  flushing_ = false;
  return done;
}

void log::write(config::log_level level, std::string_view subject, std::string_view message,
                std::initializer_list<log_field> fields) {
  if (!writes(level))
    return;
  std::string line = format(level, subject, message, fields);
  line.shrink_to_fit(); // it has grown by doubling
  const std::lock_guard guard(mutex_);
  if (queued_bytes_ + size_of(line) > most_bytes_) {
    ++dropped_;
    return;
  }
  if (dropped_ > 0)
    enqueue(format(config::log_level::warn, "log", "lines were dropped",
                   {{"lines", static_cast<std::int64_t>(std::exchange(dropped_, 0))}}));
  enqueue(std::move(line));
  if (std::exchange(written_, false))
    changed_.notify_all();
}

void log::enqueue(std::string line) {
  queued_bytes_ += size_of(line);
  lines_.push_back(std::move(line));
}

std::string log::format(config::log_level level, std::string_view subject, std::string_view message,
                        std::initializer_list<log_field> fields) const {
  std::string line;
  if (format_ == config::log_format::json) {
    fmt::format_to(std::back_inserter(line), R"({{"timestamp":"{}","level":"{}","subject":{},"message":{})",
                   timestamp(), name_of(level), quoted(subject), quoted(message));
    for (const auto& field : fields)
      if (!is_empty(field))
        fmt::format_to(std::back_inserter(line), R"(,"{}":{})", field.first, value_text(field));
    return line + "}\n";
  }
  fmt::format_to(std::back_inserter(line), "{} {:5} {}: {}", timestamp(), name_of(level),
                 without_controls(subject), without_controls(message));
  for (const auto& field : fields)
    if (!is_empty(field))
      fmt::format_to(std::back_inserter(line), " {}={}", field.first, value_text(field));
  return line + "\n";
}

void log::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !lines_.empty(); });
    if (lines_.empty())
      return;
    // Under load one write for many lines, instead of a wake-up for each.
    changed_.wait_for(lock, batch_time,
                      [this] { return stopping_ || flushing_ || queued_bytes_ >= batch_bytes; });
    const std::string batch = take_batch();
    lock.unlock();
    const auto unwritten = write_batch(batch);
    lock.lock();
    dropped_ += static_cast<std::uint64_t>(std::count(unwritten.begin(), unwritten.end(), '\n'));
    if (stopping_ && !unwritten.empty())
      lines_.clear(); // each further batch would be waited for anew
    if (lines_.empty()) {
      written_ = true;
      changed_.notify_all();
    }
  }
}

std::string log::take_batch() {
  std::string batch;
  while (!lines_.empty() && (batch.empty() || batch.size() + lines_.front().size() <= batch_bytes)) {
    batch += lines_.front();
    queued_bytes_ -= size_of(lines_.front());
    lines_.pop_front();
  }
  return batch;
}

/// In pieces which a pipe that is ready for any byte takes whole (pipe(7)), so that write(2) does not block:
/// nothing could get the thread out of there.
std::string_view log::write_batch(std::string_view text) const {
  while (!text.empty()) {
    if (!takes_bytes(pause_between_tries)) {
      if (stopping_)
        return text; // nobody reads it, and the daemon must end
      continue;
    }
    const ssize_t count = ::write(STDERR_FILENO, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (count > 0)
      text.remove_prefix(static_cast<std::size_t>(count));
    else if (count == 0 || (errno != EINTR && errno != EAGAIN))
      return text; // it is closed
  }
  return text;
}

} // namespace sandboxd::daemon
