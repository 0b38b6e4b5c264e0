#include "http/process_document.hpp"

#include "http/failure_report.hpp"
#include "http/json_string.hpp"
#include "http/json_writer.hpp"
#include "http/timestamp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace sandboxd::http {

namespace {

using actors::error_code;
using actors::process_status;

/// Gives one stream of a log out as the content of a JSON string, as far as it goes now: a process may write
/// faster than its log is read.
class log_source {
public:
  log_source(actors::tracked_process_ptr process, bool is_error_stream, bool ends_a_line)
      : process_(std::move(process)), is_error_stream_(is_error_stream), ends_a_line_(ends_a_line),
        until_(process_->log.read(is_error_stream, 0, 0).position + process_->log.size(is_error_stream)) {}

  std::string operator()(std::size_t most) {
    std::string text;
    while (text.empty() && !done_)
      give(most, text);
    return text;
  }

private:
  void give(std::size_t most, std::string& text) {
    // A byte may take twelve of JSON.
    const auto wanted =
        std::min<std::uint64_t>(std::max<std::size_t>(most / 12, 1024), until_ - std::min(position_, until_));
    if (wanted == 0)
      return finish(text);
    const auto piece = process_->log.read(is_error_stream_, position_, wanted);
    if (piece.position > position_)
      encoder_.encode(dropped_mark(piece.position - position_), text);
    position_ = piece.next();
    encoder_.encode(piece.bytes, text);
    if (!piece.bytes.empty())
      last_ = piece.bytes.back();
    else
      finish(text);
  }
  void finish(std::string& text) {
    encoder_.finish(text);
    if (ends_a_line_ && position_ > 0 && last_ != '\n')
      text += "\\n";
    done_ = true;
  }

  actors::tracked_process_ptr process_;
  bool is_error_stream_;
  bool ends_a_line_;
  std::uint64_t until_;
  json_string_encoder encoder_{json_charset::utf8};
  std::uint64_t position_ = 0;
  char last_ = '\n';
  bool done_ = false;
};

bool is_of_commands(error_code code) {
  return code == error_code::command_execution_error || code == error_code::internal_error;
}

} // namespace

std::string_view to_string(process_status status) {
  switch (status) {
  case process_status::starting:
    return "starting";
  case process_status::running:
    return "running";
  case process_status::completed:
    return "completed";
  case process_status::failed:
    return "failed";
  case process_status::killed:
    return "killed";
  case process_status::error:
    break;
  }
  return "error";
}

std::string record_json(const actors::process_record& record, dialect spoken) {
  json_writer json;
  json.text("id", record.id);
  if (record.pid != 0)
    json.number("pid", record.pid);
  json.text("command", record.command)
      .text("status", to_string(record.status))
      .text("startTime", timestamp(record.start_time));
  if (record.end_time)
    json.text("endTime", timestamp(*record.end_time));
  else if (spoken != dialect::b)
    json.null("endTime");
  if (record.exit_code)
    json.number("exitCode", *record.exit_code);
  else if (spoken != dialect::b)
    json.null("exitCode");
  return json.text("sessionId", record.session).finish();
}

json_document logs_document(const actors::tracked_process_ptr& process, dialect spoken,
                            const std::string& timestamp) {
  const auto record = process->record();
  const bool ends_a_line = spoken != dialect::a && record.finished();
  json_document document;
  document.raw("{" + json_writer().boolean("success", true).take_members() + ",\"stdout\":\"");
  document.generated(process->log.size(false), log_source(process, false, ends_a_line));
  document.raw("\",\"stderr\":\"");
  document.generated(process->log.size(true), log_source(process, true, ends_a_line));
  document.raw("\"," +
               json_writer()
                   .text("processId", record.id)
                   .text("sessionId", record.session)
                   .text("timestamp", timestamp)
                   .take_members() +
               "}");
  return document;
}

std::string dropped_mark(std::uint64_t bytes) {
  return fmt::format("[output truncated: {} bytes dropped]\n", bytes);
}

error_report process_error(const actors::failure& reason, std::string_view id, std::string_view a_text,
                           dialect spoken) {
  failed_operation operation;
  operation.spoken = spoken;
  operation.a_text = a_text;
  error_report report = report_failure(reason, operation);
  if (reason.code == error_code::process_not_found) {
    report.a_text = "Process not found";
    if (spoken == dialect::a)
      report.message = id;
  }
  const bool is_of_processes =
      reason.code == error_code::process_not_found || reason.code == error_code::process_exists;
  if (is_of_commands(reason.code))
    report.code = "PROCESS_ERROR";
  if (is_of_processes || is_of_commands(reason.code))
    report.context = json_writer().text("processId", id).finish();
  return report;
}

} // namespace sandboxd::http
