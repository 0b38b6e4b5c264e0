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
  const auto bucket =
      static_cast<std::size_t>(std::bit_width(static_cast<std::uint64_t>(nanoseconds) / 1000));
  add<std::uint64_t>(histogram_[std::min(bucket, histogram_.size() - 1)], 1);
}

std::chrono::microseconds mailbox_meter::oldest_age(std::uint64_t handled,
                                                    clock::time_point now) const noexcept {
  const auto oldest = handled + 1; // as numbered in the stamps
  const auto current = pack(0, now) & time_mask;
  auto nearest = std::numeric_limits<std::int64_t>::max();
  auto arrival = current; // no stamp yet: its message is arriving right now
  for (const auto& slot : stamps_) {
    const auto stamp = slot.load(relaxed);
    const auto ahead = stamp == 0 ? -1 : distance(stamp >> time_bits, oldest);
    if (ahead >= 0 && ahead < nearest) { // the stamps of handled messages say nothing about those that wait
      nearest = ahead;
      arrival = stamp & time_mask;
    }
  }
  const auto age = (current - arrival) & time_mask;
  // The clock of arrivals is not the reader's: a message may have come "after" now.
  return std::chrono::microseconds{age <= time_mask / 2 ? static_cast<std::int64_t>(age) : 0};
}

mailbox_figures mailbox_meter::figures(clock::time_point now) const noexcept {
  mailbox_figures view;
  view.handled =
      handled_.load(relaxed); // first: a message that arrives meanwhile must not make depth negative
  view.received = std::max(received_.load(relaxed), view.handled);
  view.depth = view.received - view.handled;
  view.depth_high_water = depth_high_water_.load(relaxed);
  if (view.depth > 0)
    view.oldest_age = oldest_age(view.handled, now);
  view.handling_total = std::chrono::nanoseconds{handling_total_.load(relaxed)};
  view.handling_max = std::chrono::nanoseconds{handling_max_.load(relaxed)};
  std::transform(histogram_.begin(), histogram_.end(), view.handling_histogram.begin(),
                 [](const auto& bucket) { return bucket.load(relaxed); });
  return view;
}

} // namespace sandboxd::supervision
