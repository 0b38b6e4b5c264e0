#include "inspector/sandboxctl/resumption.hpp"

#include <nlohmann/json.hpp>

namespace sandboxd::sandboxctl {

resumption resume_at(const journal_place& place, const json& answer) {
  resumption anew{0, "Connected again, but sandboxd was started anew: what happened in between was missed"};
  const auto& events = member(answer, "events");
  if (place.number == 0)
    return {0, "Connected again"};
  if (!events.is_array() || events.empty())
    return anew;
  const auto number = count_of(events.front(), "sequence");
  if (number == place.number && text_of(events.front(), "time") == place.time)
    return {place.number, "Connected again, nothing was missed"};
  if (number > place.number)
    return {place.number, "Connected again, but events were missed: they were overwritten in the meantime"};
  return anew;
}

} // namespace sandboxd::sandboxctl
