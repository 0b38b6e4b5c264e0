#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace sandboxd::launcher {

/// Bytes of one kind (captured output in memory or on disk, commands that wait) that may be held at a time,
/// all commands of the daemon together. Any thread.
class byte_budget {
public:
  explicit byte_budget(std::uint64_t bytes) noexcept : limit_(bytes) {}

  /// What is taken already stays taken when that is more.
  void set_limit(std::uint64_t bytes) noexcept { limit_ = bytes; }

  /// Takes up to `wanted` bytes and returns how many it got.
  std::uint64_t take(std::uint64_t wanted) noexcept {
    std::uint64_t used = used_.load();
    std::uint64_t got = 0;
    do {
      const std::uint64_t limit = limit_;
      got = std::min(wanted, limit - std::min(limit, used));
    } while (!used_.compare_exchange_weak(used, used + got));
    return got;
  }

  [[nodiscard]] std::uint64_t used() const noexcept { return used_; }

  void give_back(std::uint64_t bytes) noexcept { used_.fetch_sub(bytes); }

private:
  std::atomic<std::uint64_t> limit_;
  std::atomic<std::uint64_t> used_ = 0;
};

/// So many bytes of a budget, as long as somebody holds the result; null when there is not so much left.
inline std::shared_ptr<const void> hold(std::shared_ptr<byte_budget> budget, std::uint64_t bytes) {
  const auto got = budget->take(bytes);
  auto* const address = budget.get();
  std::shared_ptr<const void> held(
      address, [budget = std::move(budget), got](const void*) { budget->give_back(got); });
  return got == bytes ? held : nullptr;
}

} // namespace sandboxd::launcher
