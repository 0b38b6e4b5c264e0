#include "supervision/mailbox_meter.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace sandboxd::supervision {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

// A stamp holds the low 24 bits of the message's number and 40 bits of microseconds (12 days); both wrap, and
// are compared by their distance only. The number is stored plus one, so that zero means an empty slot.
constexpr unsigned slot_bits = 8;
constexpr unsigned time_bits = 40;
constexpr std::uint64_t time_mask = (std::uint64_t{1} << time_bits) - 1;
constexpr std::uint64_t number_mask = (std::uint64_t{1} << (64 - time_bits)) - 1;

/// Messages by which `number` (a stamp's) is ahead of `reference`; negative when it is behind.
std::int64_t distance(std::uint64_t number, std::uint64_t reference) {
  const auto ahead = (number - reference) & number_mask;
  return ahead <= number_mask / 2
             ? static_cast<std::int64_t>(ahead)
             : static_cast<std::int64_t>(ahead) - static_cast<std::int64_t>(number_mask) - 1;
}

/// Adds without a locked instruction: correct because one thread alone writes.
template <class T>
void add(std::atomic<T>& counter, T amount) {
  counter.store(counter.load(relaxed) + amount, relaxed);
}

void count(std::array<std::atomic<std::uint64_t>, 24>& histogram, std::uint64_t microseconds) {
  const auto bucket = static_cast<std::size_t>(std::bit_width(microseconds));
  add<std::uint64_t>(histogram[std::min(bucket, histogram.size() - 1)], 1);
}

void copy(const std::array<std::atomic<std::uint64_t>, 24>& from, std::array<std::uint64_t, 24>& to) {
  std::transform(from.begin(), from.end(), to.begin(),
                 [](const auto& bucket) { return bucket.load(relaxed); });
}

} // namespace

std::uint64_t mailbox_meter::pack(std::uint64_t sequence, clock::time_point now) const noexcept {
  const auto age = std::chrono::duration_cast<std::chrono::microseconds>(now - origin_).count();
  return ((sequence + 1) << time_bits) | (static_cast<std::uint64_t>(age) & time_mask);
}

void mailbox_meter::on_enqueue(clock::time_point now) noexcept {
  const auto sequence = received_.fetch_add(1, relaxed);
  const auto handled = handled_.load(relaxed);
  const auto depth = sequence >= handled ? sequence - handled + 1 : 1;
  auto high = depth_high_water_.load(relaxed);
  while (depth > high && !depth_high_water_.compare_exchange_weak(high, depth, relaxed)) {
  }

  auto last = last_stamp_.load(relaxed);
  const auto since_last = static_cast<std::int64_t>(sequence + 1 - (last >> slot_bits));
  const auto distance_wanted = static_cast<std::int64_t>((depth + slots - 1) / slots);
  const auto slot = (last + 1) % slots;
  const auto former = stamps_[slot].load(relaxed);
  const bool former_was_handled = former == 0 || distance(former >> time_bits, handled + 1) < 0;
  if (since_last < distance_wanted || !former_was_handled)
    return;
  // Whoever loses this race goes without a stamp.
  if (last_stamp_.compare_exchange_strong(last, (sequence + 1) << slot_bits | slot, relaxed))
    stamps_[slot].store(pack(sequence, now), relaxed);
}

void mailbox_meter::on_handled(clock::duration duration) noexcept {
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count();
  add<std::uint64_t>(handled_, 1);
  add<std::int64_t>(handling_total_, nanoseconds);
  if (nanoseconds > handling_max_.load(relaxed))
    handling_max_.store(nanoseconds, relaxed);
  count(handling_, static_cast<std::uint64_t>(nanoseconds) / 1000);
}

void mailbox_meter::on_long_handler(clock::time_point end) noexcept {
  long_handler_ended_.store(std::chrono::duration_cast<std::chrono::microseconds>(end - origin_).count(),
                            relaxed);
}

/// Stamps are given slot by slot, and messages are taken in the order in which they came.
void mailbox_meter::on_taken(clock::time_point now) noexcept {
  const auto oldest = handled_.load(relaxed) + 1; // as numbered in the stamps
  for (std::size_t seen = 0; seen < slots; ++seen) {
    const auto stamp = stamps_[next_stamp_].load(relaxed);
    const auto ahead = stamp == 0 ? 1 : distance(stamp >> time_bits, oldest);
    if (ahead > 0)
      return;
    next_stamp_ = (next_stamp_ + 1) % slots;
    if (ahead == 0)
      return count(waiting_, age_of(stamp, now));
  }
}

std::uint64_t mailbox_meter::age_of(std::uint64_t stamp, clock::time_point now) const noexcept {
  const auto age = (pack(0, now) - stamp) & time_mask;
  return age <= time_mask / 2 ? age : 0; // it may have come "after" now: that is read before
}

std::chrono::microseconds mailbox_meter::oldest_age(std::uint64_t handled,
                                                    clock::time_point now) const noexcept {
  const auto oldest = handled + 1; // as numbered in the stamps
  auto nearest = std::numeric_limits<std::int64_t>::max();
  auto arrival = pack(0, now); // no stamp yet: its message is arriving right now
  for (const auto& slot : stamps_) {
    const auto stamp = slot.load(relaxed);
    const auto ahead = stamp == 0 ? -1 : distance(stamp >> time_bits, oldest);
    if (ahead >= 0 && ahead < nearest) { // the stamps of handled messages say nothing about those that wait
      nearest = ahead;
      arrival = stamp;
    }
  }
  return std::chrono::microseconds{age_of(arrival, now)};
}

std::uint64_t mailbox_meter::movements() const noexcept {
  return received_.load(relaxed) + handled_.load(relaxed);
}

bool mailbox_meter::has_messages() const noexcept {
  return counts().depth() > 0;
}

bool mailbox_meter::had_long_handler() const noexcept {
  return long_handler_ended_.load(relaxed) >= 0;
}

mailbox_counts mailbox_meter::counts() const noexcept {
  // First what was handled: a message that arrives meanwhile must not make the depth negative.
  const auto handled = handled_.load(relaxed);
  return {std::max(received_.load(relaxed), handled), handled};
}

mailbox_figures mailbox_meter::figures(clock::time_point now) const noexcept {
  const auto messages = counts();
  mailbox_figures view;
  view.handled = messages.handled;
  view.received = messages.received;
  view.depth = messages.depth();
  view.depth_high_water = depth_high_water_.load(relaxed);
  if (view.depth > 0)
    view.oldest_age = oldest_age(view.handled, now);
  view.handling_total = std::chrono::nanoseconds{handling_total_.load(relaxed)};
  view.handling_max = std::chrono::nanoseconds{handling_max_.load(relaxed)};
  if (const auto ended = long_handler_ended_.load(relaxed); ended >= 0)
    view.since_long_handler = std::chrono::duration_cast<std::chrono::microseconds>(now - origin_) -
                              std::chrono::microseconds(ended);
  copy(handling_, view.handling_histogram);
  copy(waiting_, view.waiting_histogram);
  return view;
}

} // namespace sandboxd::supervision
