#include "supervision/trace_log.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <utility>

namespace sandboxd::supervision {

void trace_log::keep(std::size_t most) {
  const std::lock_guard lock{mutex_};
  most_ = most;
  if (ended_.size() > most_)
    ended_.erase(ended_.begin(), ended_.end() - static_cast<std::ptrdiff_t>(most_));
}

/// Never 0, which stands for none.
std::uint64_t trace_log::new_number() {
  const auto made = random_();
  return made != 0 ? made : 1;
}

bool trace_log::is_within(std::uint64_t per_second, trace::clock::time_point began) {
  if (began - second_ >= std::chrono::seconds(1)) {
    second_ = began;
    recorded_in_second_ = 0;
  }
  return ++recorded_in_second_ <= per_second;
}

trace_ptr trace_log::begin(traced_request about, std::optional<trace_parent> parent, std::uint64_t per_second,
                           trace::clock::time_point began) {
  const std::lock_guard lock{mutex_};
  if (most_ == 0)
    return nullptr;
  const bool records = (parent && parent->is_sampled) || is_within(per_second, began);
  const trace_context context{parent ? parent->id : trace_id{new_number(), new_number()}, new_number(),
                              parent ? parent->span : 0};
  auto made = std::make_shared<trace>(std::move(about), context, records, began);
  open_.emplace(made.get(), made);
  return made;
}

void trace_log::finish(const trace_ptr& one, int status, std::uint64_t bytes_out, std::string outcome,
                       keeping what) {
  if (!one)
    return;
  one->finish(status, bytes_out, std::move(outcome));
  trace_ptr dropped; // destroyed without the lock
  const std::lock_guard lock{mutex_};
  if (open_.erase(one.get()) == 0 || !one->records() || what == keeping::dropped)
    return;
  ended_.push_back(one);
  if (ended_.size() > most_) {
    dropped = std::move(ended_.front());
    ended_.pop_front();
  }
}

std::vector<trace_ptr> trace_log::find(std::string_view id) const {
  auto all = open();
  std::ranges::reverse(all);
  std::ranges::copy(ended(), std::back_inserter(all));
  const auto by_span =
      std::ranges::find_if(all, [&](const auto& one) { return span_text(one->context().span) == id; });
  if (by_span != all.end())
    return {*by_span};
  std::erase_if(all, [&](const auto& one) {
    return one->about().request_id != id && to_string(one->context().id) != id;
  });
  return all;
}

std::vector<trace_ptr> trace_log::open() const {
  std::vector<trace_ptr> all;
  {
    const std::lock_guard lock{mutex_};
    std::erase_if(open_, [&](const auto& entry) {
      auto living = entry.second.lock();
      if (!living)
        return true;
      all.push_back(std::move(living));
      return false;
    });
  }
  std::ranges::sort(all, {}, &trace::began);
  return all;
}

std::vector<trace_ptr> trace_log::ended() const {
  const std::lock_guard lock{mutex_};
  return {ended_.rbegin(), ended_.rend()};
}

} // namespace sandboxd::supervision
