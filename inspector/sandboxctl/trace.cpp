#include "inspector/sandboxctl/trace.hpp"

#include <nlohmann/json.hpp>

namespace sandboxd::sandboxctl {

namespace {

std::optional<std::uint64_t> count_if_told(const json& object, const char* name) {
  return member(object, name).is_number() ? std::optional(count_of(object, name)) : std::nullopt;
}

bool is_true(const json& value) {
  return value.is_boolean() && value.get<bool>();
}

traced_span read_span(const json& document) {
  return {.id = count_of(document, "id"),
          .parent = count_of(document, "parent"),
          .name = text_of(document, "name"),
          .start = number_of(document, "startMicroseconds"),
          .duration = count_if_told(document, "durationMicroseconds"),
          .waited = count_if_told(document, "waitedMicroseconds"),
          .path = text_of(document, "path"),
          .pid = count_of(document, "pid"),
          .text = text_of(document, "text")};
}

} // namespace

traced_request read_request(const json& document) {
  return {.request_id = text_of(document, "requestId"),
          .trace_id = text_of(document, "traceId"),
          .span_id = text_of(document, "spanId"),
          .method = text_of(document, "method"),
          .path = text_of(document, "path"),
          .client = text_of(document, "client"),
          .started_at = text_of(document, "startedAt"),
          .is_recorded = is_true(member(document, "recorded")),
          .duration = count_if_told(document, "durationMicroseconds"),
          .status = count_of(document, "status"),
          .bytes_out = count_of(document, "bytesOut"),
          .outcome = text_of(document, "outcome"),
          .client_stalls = count_if_told(document, "clientStallsMicroseconds")};
}

std::vector<traced_request> read_requests(const json& documents) {
  std::vector<traced_request> read;
  if (documents.is_array())
    for (const auto& one : documents)
      read.push_back(read_request(one));
  return read;
}

trace read_trace(const json& document) {
  trace read{.request = read_request(document), .spans = {}, .lost_spans = count_of(document, "lostSpans")};
  if (const auto& spans = member(document, "spans"); spans.is_array())
    for (const auto& one : spans)
      read.spans.push_back(read_span(one));
  return read;
}

} // namespace sandboxd::sandboxctl
