#include "tests/http/fakes.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace sandboxd::http::testing {

json json_of(const recording_responder& answer) {
  return json::parse(answer.sent.at(0).body);
}

std::vector<json> events_of(const recording_stream& stream) {
  std::vector<json> events;
  std::string_view rest = stream.body;
  while (!rest.empty()) {
    const std::size_t end = rest.find("\n\n");
    const std::string_view block = rest.substr(0, end);
    if (block.starts_with("data: "))
      events.push_back(json::parse(block.substr(6)));
    rest.remove_prefix(std::min(rest.size(), block.size() + 2));
  }
  return events;
}

} // namespace sandboxd::http::testing
