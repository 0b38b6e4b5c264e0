#pragma once

#include "actors/executor_lease.hpp"
#include "actors/reply.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace sandboxd::actors {

/// The books of one pool: which executors start, are ready or lent, and who waits for one. Decides how many
/// are to be started and which have been idle too long. A plain value without actors or clock; one owner.
class executor_ledger {
public:
  using time = std::chrono::steady_clock::time_point;

  struct bounds {
    std::size_t min_ready = 0;                 ///< started ahead
    std::size_t max_all = 0;                   ///< ready, starting and lent together; 0: no limit
    std::size_t max_starting = 4;              ///< at a time; more would only make each other slow
    std::chrono::milliseconds idle_timeout{0}; ///< of ready ones beyond `min_ready`
  };

  enum class lease_outcome : std::uint8_t { lent, waits, at_limit };

  /// From now on these hold.
  void set(const bounds& wanted) { bounds_ = wanted; }

  /// Somebody wants an executor at `now`: gets one that is ready, or waits for one that is starting or will
  /// be, or there may be no more (`done` is not called then).
  lease_outcome lease(reply<lent_executor> done, time now);

  /// How many are to be started now.
  [[nodiscard]] std::size_t missing() const;

  /// One is being started; returns its number.
  std::uint64_t begin();

  /// It is ready: goes to who has waited longest, or idles.
  void ready(const lent_executor& executor, time now);

  enum class state : std::uint8_t { starting, ready, lent, ending };

  /// It is gone; in which state it was, unless nobody knows it.
  std::optional<state> gone(std::uint64_t number);

  /// Lets go of ready ones, which ends them: those idle for too long, and at once those beyond `max_all`.
  /// They are in the books until they are gone, but are lent to nobody any more. Returns how many.
  std::size_t end_surplus(time now);

  /// The same of all ready ones: those started from now on are better.
  std::size_t end_ready();

  /// Those who have waited since before `since` wait no more, and are told why.
  void refuse_waiting(time since, const failure& reason);

  /// The same for the one who has waited longest, if anybody waits.
  void refuse_first(const failure& reason);

  [[nodiscard]] std::size_t all() const noexcept { return starting_ + ready_.size() + lent_ + ending_; }
  [[nodiscard]] std::size_t idle() const noexcept { return ready_.size(); }
  [[nodiscard]] std::size_t starting() const noexcept { return starting_; }
  [[nodiscard]] std::size_t lent() const noexcept { return lent_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

private:
  struct idle_executor {
    lent_executor executor;
    time since;
  };
  struct waiting_lease {
    reply<lent_executor> done;
    time since;
  };

  void lend(const lent_executor& executor, const reply<lent_executor>& to);
  void end_longest_idle();
  /// For how many there is room below `max_all`.
  [[nodiscard]] std::size_t room() const { return bounds_.max_all - std::min(bounds_.max_all, all()); }

  bounds bounds_;
  std::uint64_t last_number_ = 0;
  std::map<std::uint64_t, state> states_;
  std::deque<idle_executor> ready_;   // the longest idle first
  std::deque<waiting_lease> waiting_; // the longest waiting first
  std::size_t starting_ = 0;
  std::size_t lent_ = 0;
  std::size_t ending_ = 0;
};

} // namespace sandboxd::actors
