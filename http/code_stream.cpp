#include "http/code_stream.hpp"

#include "http/json_writer.hpp"
#include "http/sse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace sandboxd::http {

namespace {

using actors::output_stream;

constexpr std::size_t most_data_of_an_event = 64u << 10;

/// What an event needs besides its text, in the form in which it is said twice.
constexpr std::size_t event_frame_bytes = 256;

constexpr std::string_view state_lost_text =
    "The context was given a new executor: variables, functions and imports are gone.\n";

} // namespace

code_stream::code_stream(call incoming, std::string context)
    : call_(std::move(incoming)), context_(std::move(context)),
      half_window_(call_.settings().http.stream_window_bytes / 2),
      largest_data_(std::clamp<std::size_t>(half_window_ / 4, json_string_encoder::longest_character,
                                            most_data_of_an_event)) {}

void code_stream::started(actors::run_control control, bool state_lost) {
  opened_ = true;
  const auto self = shared_from_this();
  const std::shared_ptr<response_stream> stream =
      call_.answer->stream(200, event_stream_headers(), stream_kind::events);
  if (const auto interval = call_.settings().http.keepalive_comment_interval; interval.count() > 0)
    stream->keep_alive(std::string(keepalive_comment), interval);
  const auto body = paced_body::start(
      stream, half_window_, 2 * largest_data_ + event_frame_bytes, [self] { return self->next_piece(); },
      control.grant, [self, control] { self->client_gone(control); });
  {
    const std::lock_guard lock(mutex_);
    body_ = body;
    if (state_lost)
      add_output(output_stream::err, state_lost_text);
  }
  body->pump();
  if (control.grant)
    control.grant(half_window_);
}

void code_stream::output(output_stream stream, std::string bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || ended_)
      return;
    add_output(stream, bytes);
  }
  pump();
}

void code_stream::shown(actors::rich_result result) {
  json_writer event(json_charset::ascii);
  event.text("type", "result");
  for (const auto& format : result.formats)
    event.raw(format.name, format.value);
  event.raw("metadata", result.metadata);
  if (result.display_id)
    event.text("displayId", *result.display_id);
  if (result.is_update)
    event.boolean("update", true);
  add({framed(event.finish()), result.credit});
}

void code_stream::finished(actors::run_outcome outcome) {
  json_writer event(json_charset::ascii);
  if (outcome.error) {
    event.text("type", "error").text("ename", outcome.error->name).text("evalue", outcome.error->text);
    event.texts("traceback", outcome.error->traceback);
    if (outcome.error->line)
      event.number("lineNumber", *outcome.error->line);
  } else {
    event.text("type", "execution_complete");
  }
  event.number("execution_count", outcome.execution_count);
  end_with(event.finish());
}

void code_stream::failed(actors::failure reason) {
  const auto report = code_error(call_, reason, context_, true);
  if (!opened_)
    return call_.send_error(report);
  json_writer event(json_charset::ascii);
  event.text("type", "error").text("ename", "InternalError").text("evalue", report.message);
  event.texts("traceback", std::span<const std::string>());
  end_with(event.finish());
}

void code_stream::add_output(output_stream stream, std::string_view bytes) {
  if (segments_.empty() || !std::holds_alternative<output_events>(segments_.back()))
    segments_.emplace_back(std::in_place_type<output_events>, largest_data_);
  std::get<output_events>(segments_.back()).add(stream, bytes);
}

void code_stream::add(ready_event event, bool is_last) {
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || ended_)
      return;
    ended_ = is_last;
    if (!segments_.empty())
      if (auto* before = std::get_if<output_events>(&segments_.back()))
        before->end();
    segments_.emplace_back(std::move(event));
  }
  pump();
}

void code_stream::end_with(const std::string& event) {
  add({framed(event), 0}, true);
}

void code_stream::client_gone(const actors::run_control& control) {
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    segments_.clear();
  }
  if (control.detach)
    control.detach();
}

void code_stream::pump() {
  std::shared_ptr<paced_body> body;
  {
    const std::lock_guard lock(mutex_);
    body = body_.lock();
  }
  if (body)
    body->pump();
}

body_piece code_stream::next_piece() {
  const std::lock_guard lock(mutex_);
  body_piece piece;
  while (!segments_.empty()) {
    auto& first = segments_.front();
    if (auto* event = std::get_if<ready_event>(&first)) {
      piece.bytes = std::move(event->text);
      piece.credit = event->credit;
      segments_.pop_front();
      break;
    }
    auto& printed = std::get<output_events>(first);
    if (!printed.empty()) {
      const auto event = printed.next();
      piece.credit = event.taken;
      if (!event.data.empty())
        piece.bytes = framed(json_writer(json_charset::ascii)
                                 .text("type", event.stream == output_stream::out ? "stdout" : "stderr")
                                 .raw("text", '"' + event.data + '"')
                                 .number("timestamp", now_milliseconds())
                                 .finish());
      break;
    }
    if (segments_.size() == 1)
      return piece; // more may come
    segments_.pop_front();
  }
  piece.last = ended_ && segments_.empty();
  return piece;
}

/// A reads bare lines, B those that begin with "data: "; each skips the other's (HTTP.md 9.4).
std::string code_stream::framed(const std::string& event) const {
  std::string text;
  if (call_.spoken != dialect::b)
    text.append(event).append("\n");
  if (call_.spoken != dialect::a)
    text.append(sse_event(event));
  return text;
}

std::int64_t code_stream::now_milliseconds() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(call_.with->now().time_since_epoch()).count();
}

error_report code_error(const call& with, const actors::failure& reason, const std::string& context,
                        bool is_run) {
  using actors::error_code;
  failed_operation operation;
  operation.spoken = with.spoken;
  auto report = with.report(reason, operation);
  json_writer details;
  switch (reason.code) {
  case error_code::context_not_found:
    details.text("contextId", context);
    if (is_run)
      report.message = fmt::format("Context {} not found", context);
    report.a_text = fmt::format("Context {} not found", context);
    report.suggestion =
        fmt::format("Context \"{}\" does not exist. Create a context first using createContext()", context);
    break;
  case error_code::interpreter_not_ready:
    if (reason.retry_after > 0)
      report.retry_after_seconds = static_cast<int>(reason.retry_after);
    details.number("progress", 0).number("retryAfter", std::int64_t{report.retry_after_seconds});
    if (!reason.detail.empty())
      details.text("reason", reason.detail);
    report.more_members = json_writer().text("status", "initializing").number("progress", 0).take_members();
    report.suggestion = fmt::format("{}. Retry after {} seconds", reason.message, report.retry_after_seconds);
    break;
  case error_code::circuit_open:
    details.text("reason", reason.detail);
    report.more_members =
        json_writer().text("status", "circuit_open").text("details", reason.detail).take_members();
    report.retry_after_seconds = static_cast<int>(reason.retry_after);
    break;
  case error_code::python_not_available:
  case error_code::javascript_not_available:
    report.message += fmt::format(": {}", reason.detail);
    if (reason.code == error_code::python_not_available)
      report.message += ". Use an image with Python, whose tag ends in -python";
    details.text("originalError", reason.detail);
    break;
  case error_code::context_creation_failed:
    report.message = "Failed to create code context: " + reason.message;
    break;
  case error_code::code_execution_error:
    report.message = fmt::format("Failed to execute code in context '{}': {}", context, reason.message);
    details.text("contextId", context);
    break;
  default:
    break;
  }
  report.context = details.finish();
  if (is_run && !report.more_members.starts_with("\"status\":\"circuit_open\""))
    report.more_members += (report.more_members.empty() ? "" : ",") + ("\"details\":" + report.context);
  return report;
}

} // namespace sandboxd::http
