#include "http/process_resource.hpp"

#include "http/call.hpp"
#include "http/document_answer.hpp"
#include "http/json_writer.hpp"
#include "http/process_document.hpp"
#include "http/process_request.hpp"
#include "http/process_stream.hpp"
#include "http/request_session.hpp"
#include "http/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::http::process_resource {

namespace {

constexpr std::string_view cannot_start = "Failed to start process";
constexpr std::string_view cannot_kill = "Failed to kill process";

std::uint64_t random_number() {
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}

/// The process the path names. Null when the request is answered already.
actors::tracked_process_ptr find(incoming_call& incoming) {
  const std::string& id = incoming.parameters.at(0).second;
  auto process = incoming.with->processes->find(id);
  if (!process)
    incoming.send_error(
        process_error({actors::error_code::process_not_found, fmt::format("Process {} not found", id)}, id,
                      "Process not found", incoming.spoken));
  return process;
}

/// The session that a query names; dialect B means none by it.
std::optional<std::string> session_in_query(const incoming_call& incoming) {
  return incoming.spoken == dialect::b ? std::nullopt : query_value(incoming.sent->query, "session");
}

/// Dialect A is told of a session that does not exist. Else `go_on`.
template <class Next>
void if_session_exists(const incoming_call& incoming, const std::string& session, std::string_view a_text,
                       Next go_on) {
  using session_ids = std::vector<std::string>;
  incoming.with->sandbox->list_sessions(actors::reply<session_ids>(
      [call = incoming.to_answer(), session, a_text, go_on](actors::result_of<session_ids> result) {
        const auto* ids = std::get_if<session_ids>(&result);
        if (ids != nullptr && std::find(ids->begin(), ids->end(), session) == ids->end() &&
            call.spoken == dialect::a)
          call.send_error(
              process_error({actors::error_code::session_not_found, "", session}, "", a_text, call.spoken));
        else
          go_on(call);
      }));
}

void send_list(const call& incoming, const std::vector<actors::tracked_process_ptr>& processes,
               const std::optional<std::string>& status) {
  std::string records;
  std::int64_t count = 0;
  for (const auto& one : processes) {
    const auto record = one->record();
    if (status && *status != to_string(record.status))
      continue;
    records.append(count++ == 0 ? "" : ",").append(record_json(record, incoming.spoken));
  }
  json_document document;
  document.raw(json_writer()
                   .boolean("success", true)
                   .raw("processes", "[" + records + "]")
                   .number("count", count)
                   .text("timestamp", incoming.now())
                   .finish());
  send_document(incoming, std::move(document));
}

void kill_all_of(const call& answer, const std::optional<std::string>& session) {
  answer.with->processes->kill_all(
      session ? &*session : nullptr,
      actors::reply<std::size_t>([call = answer](actors::result_of<std::size_t> result) {
        if (const auto* reason = std::get_if<actors::failure>(&result))
          return call.send_error(process_error(*reason, "", cannot_kill, call.spoken));
        const auto count = static_cast<std::int64_t>(std::get<std::size_t>(result));
        call.send_json(json_writer()
                           .boolean("success", true)
                           .number("killedCount", count)
                           .number("cleanedCount", count)
                           .text("message", fmt::format("Killed {} processes", count))
                           .text("timestamp", call.now())
                           .finish());
      }));
}

std::uint64_t offset_in_query(const request& sent, std::string_view name) {
  const auto text = query_value(sent.query, name).value_or("");
  std::uint64_t offset = 0;
  std::from_chars(text.data(), text.data() + text.size(), offset);
  return offset;
}

} // namespace

void start(incoming_call& incoming) {
  auto read = read_process_request(*incoming.sent, *incoming.body, incoming.spoken,
                                   incoming.settings().session.max_command_bytes, incoming.with->now(),
                                   random_number());
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  auto& wanted = std::get<actors::process_request>(read);
  const std::string id = wanted.id;
  incoming.with->processes->start(
      std::move(wanted),
      actors::reply<actors::tracked_process_ptr>(
          [call = incoming.to_answer(), id](actors::result_of<actors::tracked_process_ptr> result) {
            if (const auto* reason = std::get_if<actors::failure>(&result)) {
              call.send_error(process_error(*reason, id, cannot_start, call.spoken));
              return;
            }
            auto record = std::get<actors::tracked_process_ptr>(result)->record();
            const auto command = record.command;
            // Started is what it was when this answer was decided on, however short it ran.
            record.status = actors::process_status::running;
            record.end_time.reset();
            record.exit_code.reset();
            call.send_json(json_writer()
                               .boolean("success", true)
                               .text("processId", id)
                               .number("pid", record.pid)
                               .text("command", command)
                               .text("timestamp", call.now())
                               .raw("process", record_json(record, call.spoken))
                               .finish());
          }));
}

void list(incoming_call& incoming) {
  const auto session = session_in_query(incoming);
  const auto status = query_value(incoming.sent->query, "status");
  auto processes = incoming.with->processes->all(session ? &*session : nullptr);
  if (!session || !processes.empty() || is_default_session_of_a(*session)) {
    send_list(incoming, processes, status);
    return;
  }
  if_session_exists(incoming, *session, cannot_start,
                    [status](const call& answer) { send_list(answer, {}, status); });
}

void get(incoming_call& incoming) {
  if (const auto process = find(incoming))
    incoming.send_json(json_writer()
                           .boolean("success", true)
                           .raw("process", record_json(process->record(), incoming.spoken))
                           .text("timestamp", incoming.now())
                           .finish());
}

void logs(incoming_call& incoming) {
  const auto process = find(incoming);
  if (!process)
    return;
  incoming.with->processes->settle(
      process, actors::reply<actors::process_record>([call = incoming.to_answer(), process](const auto&) {
        send_document(call, logs_document(process, call.spoken, call.now()));
      }));
}

void follow(incoming_call& incoming) {
  if (auto process = find(incoming))
    process_stream::start(
        incoming.to_answer(), std::move(process),
        {offset_in_query(*incoming.sent, "stdout"), offset_in_query(*incoming.sent, "stderr")});
}

void write_input(incoming_call& incoming) {
  auto read = read_process_input(*incoming.body);
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  auto& wanted = std::get<process_input_request>(read);
  const std::string id = incoming.parameters.at(0).second;
  incoming.with->processes->write_input(
      id, std::move(wanted.bytes), wanted.close,
      actors::reply<actors::input_written>([call = incoming.to_answer(), id, closed = wanted.close](
                                               actors::result_of<actors::input_written> result) {
        if (const auto* reason = std::get_if<actors::failure>(&result)) {
          auto report = process_error(*reason, id, "Failed to write to process", call.spoken);
          if (reason->code == actors::error_code::validation_failed)
            return call.send_error(report);
          report.context = json_writer().text("processId", id).number("written", reason->size).finish();
          return call.send_error(report);
        }
        const auto written = std::get<actors::input_written>(result).bytes;
        call.send_json(json_writer()
                           .boolean("success", true)
                           .text("processId", id)
                           .number("written", written)
                           .boolean("closed", closed)
                           .text("timestamp", call.now())
                           .finish());
      }));
}

void kill(incoming_call& incoming) {
  const std::string id = incoming.parameters.at(0).second;
  incoming.with->processes->kill(
      id, actors::reply<actors::process_record>(
              [call = incoming.to_answer(), id](actors::result_of<actors::process_record> result) {
                if (const auto* reason = std::get_if<actors::failure>(&result))
                  return call.send_error(process_error(*reason, id, cannot_kill, call.spoken));
                call.send_json(json_writer()
                                   .boolean("success", true)
                                   .text("processId", id)
                                   .text("sessionId", std::get<actors::process_record>(result).session)
                                   .text("message", fmt::format("Process {} killed", id))
                                   .text("timestamp", call.now())
                                   .finish());
              }));
}

void kill_all(incoming_call& incoming) {
  const auto session = session_in_query(incoming);
  const auto kill = [session](const call& answer) { kill_all_of(answer, session); };
  if (!session || is_default_session_of_a(*session) || !incoming.with->processes->all(&*session).empty())
    kill(incoming);
  else
    if_session_exists(incoming, *session, cannot_kill, kill);
}

} // namespace sandboxd::http::process_resource
