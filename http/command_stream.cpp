#include "http/command_stream.hpp"

#include "http/command_answer.hpp"
#include "http/execute_result.hpp"
#include "http/failure_report.hpp"
#include "http/json_writer.hpp"
#include "http/sse.hpp"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

namespace sandboxd::http {

namespace {

using actors::output_stream;

/// HTTP.md 4.6: no event carries more text than this.
constexpr std::size_t most_data_of_an_event = 64u << 10;

/// What an event needs besides its text and the command: type, timestamp and punctuation.
constexpr std::size_t event_frame_bytes = 128;

std::string_view type_of(output_stream stream) {
  return stream == output_stream::out ? "stdout" : "stderr";
}

} // namespace

command_stream::command_stream(call incoming, std::shared_ptr<const execute_request> wanted)
    : call_(std::move(incoming)), wanted_(std::move(wanted)),
      half_window_(call_.settings().http.stream_window_bytes / 2),
      largest_data_(std::clamp<std::size_t>(half_window_ / 2, json_string_encoder::longest_character,
                                            most_data_of_an_event)),
      command_member_(command_member()), events_(largest_data_) {
  if (in_a()) {
    const actors::capture_limits limits = call_.with->capture_limits();
    kept_out_ = std::make_shared<actors::captured_output>(limits);
    kept_err_ = std::make_shared<actors::captured_output>(limits);
  }
}

void command_stream::started(actors::command_control control) {
  open(control);
}

void command_stream::output(output_stream stream, std::string bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (gone_ || ended_)
      return;
    keep(stream, bytes);
  }
  pump();
}

void command_stream::finished(actors::command_outcome outcome) {
  open({});
  {
    const std::lock_guard lock(mutex_);
    if (const auto note = limit_note(outcome); !note.empty())
      keep(output_stream::err, note + "\n");
    end_with(complete_event(outcome.exit_code));
  }
  pump();
}

void command_stream::failed(actors::failure reason) {
  {
    const std::lock_guard lock(mutex_);
    if (opened_)
      end_with(error_event(reason));
  }
  if (opened_)
    pump();
  else
    send_command_failure(call_, *wanted_, execute_kind::stream, reason);
}

/// Begins the answer, unless that was done before.
void command_stream::open(const actors::command_control& control) {
  if (std::exchange(opened_, true))
    return;
  json_writer start(json_charset::ascii);
  start.text("type", "start").text("command", wanted_->run.command).text("timestamp", call_.now());
  start_event_ = sse_event(start.finish());

  const auto self = shared_from_this();
  const std::shared_ptr<response_stream> stream =
      call_.answer->stream(200, event_stream_headers(), stream_kind::events);
  if (const auto interval = call_.settings().http.keepalive_comment_interval; interval.count() > 0)
    stream->keep_alive(std::string(keepalive_comment), interval);
  const auto body = paced_body::start(
      stream, half_window_, largest_data_ + event_frame_bytes + command_member_.size(),
      [self] { return self->next_piece(); }, control.grant, [self, control] { self->client_gone(control); });
  {
    const std::lock_guard lock(mutex_);
    body_ = body;
    stream_ = stream;
  }
  body->pump();
  if (control.grant)
    control.grant(half_window_);
}

void command_stream::client_gone(const actors::command_control& control) {
  {
    const std::lock_guard lock(mutex_);
    gone_ = true;
    events_ = output_events(largest_data_);
    kept_out_.reset();
    kept_err_.reset();
  }
  if (control.detach)
    control.detach();
}

void command_stream::keep(output_stream stream, const std::string& bytes) {
  events_.add(stream, bytes);
  if (const auto& kept = stream == output_stream::out ? kept_out_ : kept_err_)
    kept->append(std::span<const char>(bytes));
}

void command_stream::end_with(json_document last_event) {
  if (std::exchange(ended_, true))
    return;
  events_.end();
  last_event_ = std::move(last_event);
}

void command_stream::pump() {
  std::shared_ptr<paced_body> body;
  {
    const std::lock_guard lock(mutex_);
    body = body_.lock();
  }
  if (body)
    body->pump();
}

body_piece command_stream::next_piece() {
  const std::lock_guard lock(mutex_);
  body_piece piece;
  if (!start_event_.empty()) {
    piece.bytes = std::exchange(start_event_, {});
  } else if (!events_.empty()) {
    const output_events::event event = events_.next();
    piece.credit = event.taken;
    if (!event.data.empty())
      piece.bytes = event_text(event);
  } else if (ended_) {
    piece.bytes = last_event_.next(largest_data_);
    piece.last = last_event_.done();
    // An event in several pieces: no comment may come between them.
    if (const auto stream = stream_.lock(); stream && !piece.last)
      stream->keep_alive({}, std::chrono::milliseconds(0));
  }
  return piece;
}

std::string command_stream::command_member() const {
  return in_a() ? json_writer(json_charset::ascii).text("command", wanted_->run.command).take_members() : "";
}

std::string command_stream::event_text(const output_events::event& event) const {
  json_writer members(json_charset::ascii);
  members.text("type", type_of(event.stream)).text("timestamp", call_.now()).members(command_member_);
  std::string text;
  text.reserve(event.data.size() + event_frame_bytes + command_member_.size());
  text.append(event_begin).append("{").append(members.take_members());
  text.append(",\"data\":\"").append(event.data).append("\"}").append(event_end);
  return text;
}

json_document command_stream::complete_event(int exit_code) {
  json_writer members(json_charset::ascii);
  members.text("type", "complete").text("timestamp", call_.now()).members(command_member_);
  members.number("exitCode", exit_code);
  json_document event(json_charset::ascii);
  if (!in_a() || gone_) {
    event.raw(sse_event(members.finish()));
    return event;
  }
  event.raw(std::string(event_begin) + "{" + members.take_members() + ",\"result\":{\"stdout\":\"");
  event.text(show_output(kept_out_, false, "").text);
  event.raw("\",\"stderr\":\"");
  event.text(show_output(kept_err_, false, "").text);
  json_writer result;
  result.number("exitCode", exit_code).boolean("success", exit_code == 0);
  event.raw("\"," + result.take_members() + "}}" + std::string(event_end));
  return event;
}

json_document command_stream::error_event(const actors::failure& reason) const {
  failed_operation operation;
  operation.spoken = wanted_->spoken;
  operation.command = wanted_->run.command;
  operation.session = wanted_->run.session;
  operation.sessionless = wanted_->sessionless();
  const error_report report = call_.report(reason, operation);
  json_writer members(json_charset::ascii);
  members.text("type", "error")
      .text("data", report.message)
      .text("error", report.message)
      .text("message", report.message)
      .text("code", report.code)
      .text("timestamp", call_.now())
      .members(command_member_);
  json_document event(json_charset::ascii);
  event.raw(sse_event(members.finish()));
  return event;
}

} // namespace sandboxd::http
