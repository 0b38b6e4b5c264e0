#pragma once

#include "http/server_hooks.hpp"

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sandboxd::http {

/// Counts finished requests. Any thread; nobody waits.
class request_counters {
public:
  /// Times of requests: element i counts those of less than 2^i milliseconds that are in no element before,
  /// the last one everything longer (about 9 hours).
  using histogram = std::array<std::uint64_t, 26>;

  void count(const access_record& record) noexcept {
    const auto status = static_cast<std::size_t>(record.status);
    add(by_status_[status < by_status_.size() ? status : 0], 1);
    const auto milliseconds = static_cast<std::uint64_t>(record.duration.count()) / 1000;
    const auto place = static_cast<std::size_t>(std::bit_width(milliseconds));
    add(durations_[place < durations_.size() ? place : durations_.size() - 1], 1);
    add(microseconds_, static_cast<std::uint64_t>(record.duration.count()));
    add(bytes_in_, record.bytes_in);
    add(bytes_out_, record.bytes_out);
  }

  /// Of this status; 0: that ended before an answer.
  [[nodiscard]] std::uint64_t of_status(std::size_t status) const noexcept { return by_status_.at(status); }
  [[nodiscard]] histogram durations() const noexcept {
    histogram view{};
    for (std::size_t place = 0; place < view.size(); ++place)
      view[place] = durations_[place].load(std::memory_order_relaxed);
    return view;
  }
  [[nodiscard]] std::uint64_t microseconds() const noexcept { return microseconds_; }
  [[nodiscard]] std::uint64_t bytes_in() const noexcept { return bytes_in_; }
  [[nodiscard]] std::uint64_t bytes_out() const noexcept { return bytes_out_; }

  static constexpr std::size_t statuses = 600;

private:
  using counter = std::atomic<std::uint64_t>;
  static void add(counter& which, std::uint64_t amount) noexcept {
    which.fetch_add(amount, std::memory_order_relaxed);
  }

  std::array<counter, statuses> by_status_{};
  std::array<counter, std::tuple_size_v<histogram>> durations_{};
  counter microseconds_ = 0;
  counter bytes_in_ = 0;
  counter bytes_out_ = 0;
};

} // namespace sandboxd::http
