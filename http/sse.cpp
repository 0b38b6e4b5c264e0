#include "http/sse.hpp"

namespace sandboxd::http {

header_list event_stream_headers() {
  return {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache"}};
}

std::string sse_event(std::string_view json) {
  std::string event;
  event.reserve(event_begin.size() + json.size() + event_end.size());
  event.append(event_begin).append(json).append(event_end);
  return event;
}

} // namespace sandboxd::http
