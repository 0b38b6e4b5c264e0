#pragma once

#include <atomic>
#include <cstdint>

namespace sandboxd::launcher {

/// Bytes of captured output that may lie on disk at a time, all commands of the daemon together. Any thread.
class spill_budget {
public:
  explicit spill_budget(std::uint64_t bytes) noexcept : free_(bytes) {}

  /// Takes up to `wanted` bytes and returns how many it got.
  std::uint64_t take(std::uint64_t wanted) noexcept {
    std::uint64_t free = free_.load();
    while (!free_.compare_exchange_weak(free, free - (wanted < free ? wanted : free))) {
    }
    return wanted < free ? wanted : free;
  }

  void give_back(std::uint64_t bytes) noexcept { free_.fetch_add(bytes); }

private:
  std::atomic<std::uint64_t> free_;
};

} // namespace sandboxd::launcher
