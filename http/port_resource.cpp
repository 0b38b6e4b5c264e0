#include "http/port_resource.hpp"

#include "http/call.hpp"
#include "http/json_writer.hpp"
#include "http/port_request.hpp"
#include "http/sse.hpp"
#include "http/timestamp.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace sandboxd::http::port_resource {

namespace {

using actors::failure;
using actors::result_of;

/// With the name it is exposed by, if it has one.
std::string context_of(const ports::exposed_ports& exposed, std::uint16_t port) {
  json_writer context;
  context.number("port", port);
  if (const auto found = exposed.find(port); found != exposed.end() && !found->second.name.empty())
    context.text("portName", found->second.name);
  return context.finish();
}

error_report port_error(const call& with, const failure& reason, std::uint16_t port,
                        std::string_view a_text) {
  failed_operation operation;
  operation.spoken = with.spoken;
  operation.a_text = a_text;
  error_report report = with.report(reason, operation);
  switch (reason.code) {
  case actors::error_code::port_not_exposed:
    report.a_text = "Port is not exposed";
    report.context = json_writer().number("port", port).finish();
    report.suggestion =
        fmt::format("Port {} is not currently exposed. Use listExposedPorts() to see active ports", port);
    break;
  case actors::error_code::port_already_exposed:
    report.context = context_of(*with.with->ports->exposed(), port);
    report.suggestion =
        fmt::format("Port {} is already exposed. Unexpose it first or use a different port", port);
    break;
  case actors::error_code::invalid_port_number:
    report.a_text = reason.message;
    report.context = json_writer().number("port", port).text("reason", "reserved").finish();
    break;
  default:
    break;
  }
  return report;
}

/// The members that both dialects read of an exposed port.
json_writer& describe(json_writer& json, const ports::exposed_port& port) {
  json.number("port", port.port);
  if (!port.name.empty())
    json.text("name", port.name);
  return json.text("url", fmt::format("http://localhost:{}", port.port))
      .text("exposedAt", timestamp(port.exposed_at));
}

void take_out(const incoming_call& incoming, std::uint16_t port) {
  incoming.with->ports->unexpose(
      port, actors::reply<ports::exposed_port>(
                [call = incoming.to_answer(), port](const result_of<ports::exposed_port>& result) {
                  if (const auto* reason = std::get_if<failure>(&result))
                    return call.send_error(port_error(call, *reason, port, "Failed to unexpose port"));
                  call.send_json(json_writer()
                                     .boolean("success", true)
                                     .number("port", port)
                                     .text("timestamp", call.now())
                                     .finish());
                }));
}

/// The event that ends a watch.
std::string last_event(const result_of<actors::port_watch_result>& result, std::uint16_t port) {
  json_writer event(json_charset::ascii);
  if (const auto* reason = std::get_if<failure>(&result))
    return sse_event(
        event.text("type", "error").number("port", port).text("error", reason->message).finish());
  const auto& ended = std::get<actors::port_watch_result>(result);
  event.text("type", ended.ready ? "ready" : "process_exited").number("port", port);
  if (ended.status)
    event.number("statusCode", *ended.status);
  if (ended.exit_code)
    event.number("exitCode", *ended.exit_code);
  return sse_event(event.finish());
}

} // namespace

void expose(incoming_call& incoming) {
  auto read = read_expose_request(*incoming.body, incoming.spoken);
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  auto& wanted = std::get<expose_request>(read);
  const auto existing =
      incoming.spoken == dialect::a ? actors::if_exposed::replace : actors::if_exposed::refuse;
  const auto port = wanted.port;
  incoming.with->ports->expose(
      port, std::move(wanted.name), existing,
      actors::reply<ports::exposed_port>(
          [call = incoming.to_answer(), port](const result_of<ports::exposed_port>& result) {
            if (const auto* reason = std::get_if<failure>(&result))
              return call.send_error(port_error(call, *reason, port, "Failed to expose port"));
            json_writer json;
            json.boolean("success", true);
            call.send_json(
                describe(json, std::get<ports::exposed_port>(result)).text("timestamp", call.now()).finish());
          }));
}

void unexpose(incoming_call& incoming) {
  const auto port = read_port(*incoming.body, incoming.spoken);
  if (const auto* report = std::get_if<error_report>(&port))
    incoming.send_error(*report);
  else
    take_out(incoming, std::get<std::uint16_t>(port));
}

void unexpose_by_path(incoming_call& incoming) {
  const auto port = parse_port(incoming.parameters.at(0).second);
  if (const auto* report = std::get_if<error_report>(&port))
    incoming.send_error(*report);
  else
    take_out(incoming, std::get<std::uint16_t>(port));
}

void list(incoming_call& incoming) {
  const auto exposed = incoming.with->ports->exposed();
  std::string entries;
  for (const auto& [number, port] : *exposed) {
    json_writer entry;
    entries.append(entries.empty() ? "" : ",")
        .append(describe(entry, port).text("status", "active").finish());
  }
  incoming.send_json(json_writer()
                         .boolean("success", true)
                         .raw("ports", "[" + entries + "]")
                         .number("count", exposed->size())
                         .text("timestamp", incoming.now())
                         .finish());
}

void check(incoming_call& incoming) {
  auto read = read_port_watch_request(*incoming.body);
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  incoming.with->ports->check(
      std::move(std::get<actors::port_watch_request>(read).probe),
      actors::reply<ports::probe_result>(
          [call = incoming.to_answer()](const result_of<ports::probe_result>& result) {
            if (const auto* reason = std::get_if<failure>(&result))
              return call.send_error(call.report(*reason, {}));
            const auto& probed = std::get<ports::probe_result>(result);
            json_writer json;
            json.boolean("ready", probed.ready);
            if (probed.status)
              json.number("statusCode", *probed.status);
            if (!probed.problem.empty())
              json.text("error", probed.problem);
            call.send_json(json.finish());
          }));
}

void watch(incoming_call& incoming) {
  auto read = read_port_watch_request(*incoming.body);
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  auto& wanted = std::get<actors::port_watch_request>(read);
  const auto port = wanted.probe.port;
  auto stream = incoming.answer->stream(200, event_stream_headers(), stream_kind::events);
  if (const auto interval = incoming.settings().http.keepalive_comment_interval; interval.count() > 0)
    stream->keep_alive(std::string(keepalive_comment), interval);
  stream->write(sse_event(json_writer().text("type", "watching").number("port", port).finish()));
  auto interest = incoming.with->ports->watch(
      std::move(wanted), actors::reply<actors::port_watch_result>(
                             [stream, port](const result_of<actors::port_watch_result>& result) {
                               stream->write(last_event(result, port));
                               stream->finish();
                             }));
  // Held until the client has gone, or the stream is over.
  stream->on_closed([interest = std::move(interest)]() mutable { interest.reset(); });
}

} // namespace sandboxd::http::port_resource
