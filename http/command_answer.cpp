#include "http/command_answer.hpp"

#include "http/document_answer.hpp"
#include "http/execute_result.hpp"
#include "http/failure_report.hpp"
#include "http/json_writer.hpp"

#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::http {

command_answer::command_answer(call incoming, std::shared_ptr<const execute_request> wanted)
    : call_(std::move(incoming)), wanted_(std::move(wanted)) {}

void command_answer::started(actors::command_control /*control*/) {}

void command_answer::output(actors::output_stream /*stream*/, std::string /*bytes*/) {}

void command_answer::finished(actors::command_outcome outcome) {
  if (const auto reason = failure_of(outcome, *wanted_))
    failed(*reason);
  else
    send_document(call_, result_document(outcome, *wanted_, call_.now()));
}

void command_answer::failed(actors::failure reason) {
  send_command_failure(call_, *wanted_, execute_kind::unary, reason);
}

void send_command_failure(const call& incoming, const execute_request& wanted, execute_kind kind,
                          const actors::failure& reason) {
  failed_operation operation;
  operation.spoken = wanted.spoken;
  operation.a_text = kind == execute_kind::stream ? "Stream execution failed" : "Command execution failed";
  operation.command = wanted.run.command;
  operation.session = wanted.run.session;
  operation.sessionless = wanted.sessionless();
  const error_report report = incoming.report(reason, operation);
  if (reason.code != actors::error_code::session_not_found || wanted.spoken != dialect::a) {
    incoming.send_error(report);
    return;
  }
  using session_ids = std::vector<std::string>;
  incoming.with->sandbox->list_sessions(
      actors::reply<session_ids>([incoming, report](actors::result_of<session_ids> listed) {
        error_report with_sessions = report;
        if (const auto* ids = std::get_if<session_ids>(&listed))
          with_sessions.more_members = json_writer().texts("availableSessions", *ids).take_members();
        incoming.send_error(with_sessions);
      }));
}

} // namespace sandboxd::http
