#include "inspector/sandboxctl/actor_rates.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace sandboxd::sandboxctl {

bool actor_rates::take(const json& event) {
  // Gone first: at the path of one that is gone there may be a new one.
  for (const auto& path : member(event, "gone"))
    entries_.erase(plain_value(path));
  for (const auto& document : member(event, "actors")) {
    auto read = read_actor(document);
    auto& place = entries_[read.path];
    place.shown.now = std::move(read);
  }
  const auto& is_complete = member(event, "complete");
  if (is_complete.is_boolean() && !is_complete.get<bool>())
    return false;
  complete(parse_timestamp(text_of(event, "time")));
  return true;
}

std::vector<rated_actor> actor_rates::actors() const {
  std::vector<rated_actor> all;
  all.reserve(entries_.size());
  for (const auto& [path, one] : entries_)
    all.push_back(one.shown);
  return all;
}

void actor_rates::rate(entry& one, double seconds) const {
  const auto& mailbox = one.shown.now.mailbox;
  // A new incarnation counts from 0 again.
  const bool is_anew = one.shown.now.restarts != one.before.restarts || mailbox.handled < one.before.handled;
  const auto before = is_anew ? counts{} : one.before;
  one.shown.messages_per_second = static_cast<double>(mailbox.handled - before.handled) / seconds;
  const auto handling = mailbox.handling - std::min(before.handling, mailbox.handling);
  one.shown.busy = std::min(static_cast<double>(handling) / 1e6 / seconds, 1.0);
}

void actor_rates::complete(std::optional<utc_time> now) {
  using seconds = std::chrono::duration<double>;
  const auto elapsed = now && last_look_ ? seconds(*now - *last_look_).count() : 0;
  total_ = elapsed > 0 ? std::optional(0.0) : std::nullopt;
  for (auto& [path, one] : entries_) {
    if (elapsed > 0) {
      rate(one, elapsed);
      *total_ += one.shown.messages_per_second;
    }
    const auto& mailbox = one.shown.now.mailbox;
    one.before = {one.shown.now.restarts, mailbox.handled, mailbox.handling};
  }
  last_look_ = now;
}

} // namespace sandboxd::sandboxctl
