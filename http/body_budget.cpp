#include "http/body_budget.hpp"

namespace sandboxd::http {

bool body_budget::has_room_for(std::uint64_t bytes) const {
  return fits(used_.load(), bytes);
}

bool body_budget::take(std::uint64_t bytes) {
  auto used = used_.load();
  do {
    if (!fits(used, bytes))
      return false;
  } while (!used_.compare_exchange_weak(used, used + bytes));
  return true;
}

budget_share& budget_share::operator=(budget_share&& other) noexcept {
  if (this != &other) {
    release();
    budget_ = std::move(other.budget_);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

bool budget_share::grow_to(std::uint64_t bytes) {
  if (bytes <= bytes_)
    return true;
  if (!budget_ || !budget_->take(bytes - bytes_))
    return false;
  bytes_ = bytes;
  return true;
}

void budget_share::release() noexcept {
  if (budget_ && bytes_ > 0)
    budget_->give_back(bytes_);
  bytes_ = 0;
}

} // namespace sandboxd::http
