#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sandboxd::supervision {

/// The figures of one mailbox at one moment.
struct mailbox_figures {
  std::uint64_t received = 0; ///< messages that arrived since the start
  std::uint64_t handled = 0;  ///< messages handled since the start
  std::uint64_t depth = 0;    ///< messages waiting, the one being handled included
  std::uint64_t depth_high_water = 0;
  std::chrono::microseconds oldest_age{0};    ///< of the oldest message not yet handled; 0 if none waits
  std::chrono::nanoseconds handling_total{0}; ///< time spent in handlers
  std::chrono::nanoseconds handling_max{0};
  /// Since a handler last took `mailbox_meter::long_handler` or longer; nothing: none ever did.
  std::optional<std::chrono::microseconds> since_long_handler;
  /// Handling times: element 0 counts those below 1 us, element i those in [2^(i-1), 2^i) us, the last one
  /// everything longer (about 4 s).
  std::array<std::uint64_t, 24> handling_histogram{};
  /// The same of the times that messages have waited, but for some of those in long queues.
  std::array<std::uint64_t, 24> waiting_histogram{};
};

/// What can be read of a mailbox at little cost.
struct mailbox_counts {
  std::uint64_t received = 0; ///< messages that arrived since the start
  std::uint64_t handled = 0;  ///< messages handled since the start
  [[nodiscard]] std::uint64_t depth() const noexcept { return received - handled; }
};

/// Counts what goes through one mailbox. `on_enqueue` may be called from any thread, the two others only by
/// the actor's own, `figures` by anybody at any time; nobody ever waits, nothing is allocated. Time is an
/// argument.
///
/// The age of the oldest message comes from a ring of 32 arrival stamps. Up to 32 waiting messages each gets
/// one, and the age is exact; in a queue of n only every (n/32)th does, and the age shown is that of the
/// next younger message with a stamp (0 when there is none).
class mailbox_meter {
public:
  using clock = std::chrono::steady_clock;

  /// What no actor should need for one message.
  static constexpr std::chrono::milliseconds long_handler{10};

  /// A message arrives.
  void on_enqueue(clock::time_point now) noexcept;

  /// The oldest message begins to be handled. Called by the actor's own thread alone.
  void on_taken(clock::time_point now) noexcept;

  /// A message was handled (or discarded), which took `duration`.
  void on_handled(clock::duration duration) noexcept;

  /// That took `long_handler` or longer. Called by the actor's own thread alone.
  void on_long_handler(clock::time_point end) noexcept;

  /// A number that changes whenever a message comes or was handled. Any thread.
  std::uint64_t movements() const noexcept;

  /// Whether a message waits, or is being handled. Any thread.
  bool has_messages() const noexcept;

  /// Whether a handler ever took `long_handler` or longer. Any thread.
  bool had_long_handler() const noexcept;

  /// What `figures` says of messages, without its histograms. Any thread.
  mailbox_counts counts() const noexcept;

  /// Reads everything; each figure is atomic, their relation to each other is not.
  mailbox_figures figures(clock::time_point now) const noexcept;

private:
  static constexpr std::size_t slots = 32;

  std::uint64_t pack(std::uint64_t sequence, clock::time_point now) const noexcept;
  std::uint64_t age_of(std::uint64_t stamp, clock::time_point now) const noexcept; // microseconds
  std::chrono::microseconds oldest_age(std::uint64_t handled, clock::time_point now) const noexcept;

  const clock::time_point origin_ = clock::now(); // keeps the stamps small; differences are all that counts
  std::atomic<std::uint64_t> received_{0};
  std::atomic<std::uint64_t> depth_high_water_{0};
  std::atomic<std::uint64_t> last_stamp_{0}; // number of the last message with a stamp, and its slot
  std::array<std::atomic<std::uint64_t>, slots> stamps_{}; // number of a message and time of its arrival
  // Written by the actor's thread alone.
  std::atomic<std::uint64_t> handled_{0};
  std::atomic<std::int64_t> handling_total_{0};
  std::atomic<std::int64_t> handling_max_{0};
  std::atomic<std::int64_t> long_handler_ended_{-1}; // microseconds after `origin_`; -1: none
  using histogram = std::array<std::atomic<std::uint64_t>, 24>;
  histogram handling_{};
  histogram waiting_{};
  std::size_t next_stamp_ = 1; // slot of the next message with one
};

} // namespace sandboxd::supervision
