#include "inspector/sandboxctl/resumption.hpp"

#include <nlohmann/json.hpp>

namespace sandboxd::sandboxctl {

namespace {

constexpr std::size_t page_size = 10'000;

/// The number of the last event that is not newer than the one seen; 0: all are newer.
std::uint64_t last_not_newer(const journal_place& place, const journal_source& read) {
  std::uint64_t found = 0;
  std::uint64_t after = 0;
  while (true) {
    const auto events = read(after, page_size);
    for (const auto& event : events)
      if (text_of(event, "time") <= place.time) // all are of one form, whose order is that of time
        found = count_of(event, "sequence");
    const auto last = events.empty() ? 0 : count_of(events.back(), "sequence");
    if (last <= after)
      return found;
    after = last;
  }
}

} // namespace

resumption resume(const journal_place& place, const std::string& daemon, const journal_source& read) {
  if (place.number == 0)
    return {0, "Connected again"};
  const bool is_another = daemon != place.daemon;
  const std::string another = "Connected again, but another sandboxd has begun: the last events of the one "
                              "before may be missing from its journal";
  const auto events = read(place.number - 1, 1);
  const auto number = events.empty() ? 0 : count_of(events.front(), "sequence");
  if (number == place.number && text_of(events.front(), "time") == place.time)
    return {place.number, is_another ? another : "Connected again, nothing was missed"};
  if (number > place.number && !is_another)
    return {place.number,
            "Connected again, but events may have been missed: they were overwritten in the meantime"};
  const auto after = last_not_newer(place, read);
  // The stream tells how many there are no more between the number that it is given and its first event.
  if (after == 0 && number > place.number)
    return {place.number, another};
  return {after, another};
}

} // namespace sandboxd::sandboxctl
