#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace sandboxd::http {

/// How many bytes of requests the whole daemon may hold in memory. Safe from any thread.
class body_budget {
public:
  explicit body_budget(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

  /// Takes `bytes`, all or none; false when there are not so many left.
  [[nodiscard]] bool take(std::uint64_t bytes);
  void give_back(std::uint64_t bytes) { used_ -= bytes; }

  [[nodiscard]] std::uint64_t used() const { return used_; }
  /// Whether `bytes` more could be taken now.
  [[nodiscard]] bool has_room_for(std::uint64_t bytes) const;

private:
  [[nodiscard]] bool fits(std::uint64_t used, std::uint64_t bytes) const {
    return used <= limit_ && bytes <= limit_ - used;
  }

  std::uint64_t limit_;
  std::atomic<std::uint64_t> used_ = 0;
};

/// A share of the budget, given back by the destructor. Movable.
class budget_share {
public:
  budget_share() = default;
  explicit budget_share(std::shared_ptr<body_budget> budget) : budget_(std::move(budget)) {}
  budget_share(budget_share&& other) noexcept
      : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}
  budget_share& operator=(budget_share&& other) noexcept;
  ~budget_share() { release(); }

  /// Grows the share to `bytes` (never shrinks it); false, and no change, when the budget has not so much
  /// left.
  [[nodiscard]] bool grow_to(std::uint64_t bytes);

private:
  void release() noexcept;

  std::shared_ptr<body_budget> budget_;
  std::uint64_t bytes_ = 0;
};

} // namespace sandboxd::http
