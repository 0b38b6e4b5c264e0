#include "inspector/trace_document.hpp"

#include "http/json_writer.hpp"
#include "http/timestamp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sandboxd::inspector {

namespace {

using http::json_writer;
using std::chrono::microseconds;
using supervision::span;
using supervision::trace;

std::int64_t microseconds_between(span::clock::time_point begin, span::clock::time_point end) {
  return std::chrono::duration_cast<microseconds>(end - begin).count();
}

json_writer write_request(const trace::view& all) {
  json_writer json;
  json.text("requestId", all.about.request_id)
      .text("traceId", to_string(all.context.id))
      .text("spanId", supervision::span_text(all.context.span))
      .text("method", all.about.method)
      .text("path", all.about.path)
      .text("client", all.about.client)
      .text("startedAt", http::timestamp(all.started))
      .boolean("recorded", all.records);
  if (all.ended)
    json.number("durationMicroseconds", microseconds_between(all.began, *all.ended))
        .number("status", all.status)
        .number("bytesOut", all.bytes_out)
        .text("outcome", all.outcome);
  if (all.client_stalls)
    json.number("clientStallsMicroseconds", all.client_stalls->count());
  return json;
}

std::string span_document(const span& one, span::clock::time_point began) {
  json_writer json;
  json.number("id", one.id)
      .number("parent", one.parent)
      .text("name", shown_name(one))
      .text("what", one.is_message ? "message" : "work")
      .number("startMicroseconds", microseconds_between(began, one.begin));
  if (one.end)
    json.number("durationMicroseconds", microseconds_between(one.begin, *one.end));
  if (one.is_message)
    json.number("waitedMicroseconds", one.waited.count());
  if (one.path)
    json.text("path", *one.path);
  if (one.process != 0)
    json.number("pid", one.process);
  if (!one.text.empty())
    json.text("text", one.text);
  return json.finish();
}

/// Attributes of OpenTelemetry: a JSON array of keys and values.
class attributes {
public:
  void text(std::string_view key, std::string_view value) {
    if (!value.empty())
      add(key, json_writer().text("stringValue", value).finish());
  }
  void number(std::string_view key, std::int64_t value) { number(key, fmt::format("{}", value)); }
  void number(std::string_view key, std::string_view digits) { // as text: JSON's numbers have 53 bits
    add(key, json_writer().text("intValue", digits).finish());
  }
  [[nodiscard]] std::string finish() const { return "[" + text_ + "]"; }

private:
  void add(std::string_view key, const std::string& value) {
    text_ += (text_.empty() ? "" : ",") + json_writer().text("key", key).raw("value", value).finish();
  }
  std::string text_;
};

/// Writes the spans of one trace.
class exported_spans {
public:
  exported_spans(const trace::view& all, span::clock::time_point now) : all_(all), now_(now) {}

  /// The request itself is the first.
  [[nodiscard]] std::string finish() const {
    auto text = "[" + request();
    for (const auto& one : all_.spans)
      text += "," + step(one);
    return text + "]";
  }

private:
  /// Unlike those of other requests, which may be of the same trace. Never 0, which stands for none.
  [[nodiscard]] std::string id_of(std::uint64_t number) const {
    const auto id = all_.context.span + number - 1;
    return supervision::span_text(id != 0 ? id : ~std::uint64_t{0});
  }

  [[nodiscard]] std::string time(span::clock::time_point when) const {
    const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(all_.started.time_since_epoch()) +
                       std::chrono::duration_cast<std::chrono::nanoseconds>(when - all_.began);
    return fmt::format("{}", since.count());
  }

  [[nodiscard]] json_writer begin(std::uint64_t number, const std::string& parent) const {
    json_writer json;
    json.text("traceId", to_string(all_.context.id)).text("spanId", id_of(number));
    if (!parent.empty())
      json.text("parentSpanId", parent);
    return json;
  }

  [[nodiscard]] std::string request() const {
    attributes about;
    about.text("http.request.method", all_.about.method);
    about.text("url.path", all_.about.path);
    const auto& client = all_.about.client; // by a socket of Unix it has no port
    const auto colon = client.rfind(':');
    const bool has_port = colon != std::string::npos && colon + 1 < client.size() &&
                          std::all_of(client.begin() + static_cast<std::ptrdiff_t>(colon) + 1, client.end(),
                                      [](char letter) { return letter >= '0' && letter <= '9'; });
    auto address = std::string_view(client).substr(0, has_port ? colon : client.size());
    if (address.starts_with('[') && address.ends_with(']'))
      address = address.substr(1, address.size() - 2);
    about.text("client.address", address);
    if (has_port)
      about.number("client.port", std::string_view(client).substr(colon + 1));
    about.text("sandboxd.request_id", all_.about.request_id);
    if (all_.ended) {
      about.number("http.response.status_code", all_.status);
      about.number("sandboxd.bytes_out", all_.bytes_out); // the head is among them
      about.text("sandboxd.outcome", all_.outcome);
    }
    constexpr int server = 2; // SPAN_KIND_SERVER
    const auto parent = all_.context.parent;
    auto json = begin(1, parent == 0 ? "" : supervision::span_text(parent));
    json.text("name", all_.about.method + " " + all_.about.path)
        .number("kind", server)
        .text("startTimeUnixNano", time(all_.began))
        .text("endTimeUnixNano", time(all_.ended.value_or(now_)))
        .raw("attributes", about.finish());
    if (all_.status >= 500)
      json.raw("status", R"({"code":2})"); // STATUS_CODE_ERROR
    return json.finish();
  }

  [[nodiscard]] std::string step(const span& one) const {
    attributes about;
    if (one.path)
      about.text("sandboxd.actor", *one.path);
    if (one.process != 0)
      about.number("process.pid", one.process);
    about.text("sandboxd.text", one.text);
    if (one.is_message)
      about.number("sandboxd.waited_us", one.waited.count());
    constexpr int internal = 1; // SPAN_KIND_INTERNAL
    return begin(one.id, id_of(one.parent))
        .text("name", shown_name(one))
        .number("kind", internal)
        .text("startTimeUnixNano", time(one.begin))
        .text("endTimeUnixNano", time(one.end.value_or(now_)))
        .raw("attributes", about.finish())
        .finish();
  }

  const trace::view& all_;
  const span::clock::time_point now_;
};

} // namespace

std::string request_document(const trace::view& all) {
  return write_request(all).finish();
}

std::string trace_document(const trace::view& all) {
  std::string spans = "[";
  for (const auto& one : all.spans)
    spans += (spans.size() > 1 ? "," : "") + span_document(one, all.began);
  return write_request(all).raw("spans", spans + "]").number("lostSpans", all.lost).finish();
}

std::string open_telemetry_document(const trace::view& all) {
  attributes resource;
  resource.text("service.name", "sandboxd");
  const auto spans = exported_spans(all, span::clock::now()).finish();
  return fmt::format(R"({{"resourceSpans":[{{"resource":{{"attributes":{}}},)"
                     R"("scopeSpans":[{{"scope":{{"name":"sandboxd"}},"spans":{}}}]}}]}})",
                     resource.finish(), spans);
}

} // namespace sandboxd::inspector
