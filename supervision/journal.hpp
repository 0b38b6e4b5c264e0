#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::supervision {

enum class event_kind {
  started,      ///< an actor runs
  start_failed, ///< an actor could not be started; `text` says why
  stopping,     ///< an actor was asked to stop
  killing,      ///< an actor is ended by force: no grace, or its grace is over
  stopped,      ///< an actor ended as asked; `text` is its exit cause
  exited,       ///< an actor ended by itself; `text` is its exit cause
  restarting,   ///< a supervisor restarts an actor; `text` is the cause
  gave_up,      ///< a supervisor (path) stops itself after too many restarts; `text` is the last cause
  breaker,      ///< a circuit breaker (path) changed; `text` is its new state
  notice,       ///< anything else worth knowing
};

/// "started", "start_failed", ...
std::string_view to_string(event_kind kind) noexcept;

/// One entry of the journal.
struct journal_event {
  /// Counts from 1 without a gap, over all kinds; set by the journal. What was restored may have gaps.
  std::uint64_t sequence = 0;
  std::chrono::system_clock::time_point time{}; ///< set by the journal
  event_kind kind = event_kind::notice;
  std::string path;       ///< whom it is about
  std::string actor_kind; ///< that actor's kind; may be empty
  std::string text;       ///< in words; may be empty
  std::uint64_t window_count =
      0; ///< `restarting`, `gave_up`: restarts in the supervisor's window, this included
  std::uint64_t window_limit = 0; ///< `restarting`, `gave_up`: restarts the window allows
};

/// The line a log shows for an event: "restarting /root/http (http), 2 of 5 restarts in the window: failure:
/// ...".
std::string to_string(const journal_event& event);

/// The last events of all actors' lives: a bounded ring. Every member may be called from any thread and none
/// ever waits for a reader: who reads too slowly misses events and sees it by the gap in the numbers.
class journal {
public:
  /// `capacity`: events kept, at least 1.
  explicit journal(std::size_t capacity = 1024);

  /// Longest text of an event, in bytes; a longer one is cut.
  static constexpr std::size_t max_text_bytes = 2000;

  /// Adds an event, gives it number and time, and calls the sink and those subscribers that wait for news.
  void append(journal_event event);

  /// Puts the events of earlier journals before its own, which go on behind their numbers. Before the first
  /// `append`; their numbers ascend.
  void restore(std::vector<journal_event> earlier);

  /// The events after number `after` that are still there, oldest first, at most `limit`.
  std::vector<journal_event> read(std::uint64_t after = 0, std::size_t limit = SIZE_MAX) const;

  /// The number of the newest event, 0 if there is none.
  std::uint64_t last_sequence() const;

  /// A reader's place in the journal; destroying it ends the subscription. Used by one thread at a time. Must
  /// not outlive the journal.
  class subscription {
  public:
    subscription(subscription&& other) noexcept;
    subscription& operator=(subscription&&) = delete;
    ~subscription();

    /// The next events, at most `limit`. Read until fewer than `limit` come: then the reader has seen
    /// everything and will be woken again.
    std::vector<journal_event> read(std::size_t limit = SIZE_MAX);

    /// Events that were overwritten before this reader came to read them.
    std::uint64_t missed() const noexcept { return missed_; }

  private:
    friend class journal;
    struct reader;
    subscription(journal& owner, std::shared_ptr<reader> place, std::uint64_t after);
    journal* owner_;
    std::shared_ptr<reader> place_;
    std::uint64_t last_read_;
    std::uint64_t missed_ = 0;
  };

  /// Subscribes to all events from now on. `wake` is called once when there is something to read and then not
  /// again before `read` has returned everything. It runs on whatever thread appends, so it must not block:
  /// it posts to the reader's own executor (`asio::post`, `caf::anon_send`) and returns. A call may still be
  /// under way when the subscription is destroyed.
  /// `after`: the number of the event behind which it begins, if that is not now; a number that there is not
  /// yet means all, since it is that of an earlier journal.
  [[nodiscard]] subscription subscribe(std::function<void()> wake, std::optional<std::uint64_t> after = {});

  /// Installs the function that sees every event at once, on the appending thread and in order of their
  /// numbers, e.g. to log it. It must not block and must not append. An empty function removes it.
  void set_sink(std::function<void(const journal_event&)> sink);

private:
  std::vector<journal_event> read_locked(std::uint64_t after, std::size_t limit) const;

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<journal_event> ring_;
  std::uint64_t last_sequence_ = 0;
  std::vector<std::shared_ptr<subscription::reader>> readers_;
  std::function<void(const journal_event&)> sink_;
};

} // namespace sandboxd::supervision
