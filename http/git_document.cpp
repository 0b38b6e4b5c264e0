#include "http/git_document.hpp"

#include "git/clone_fault.hpp"
#include "http/error_table.hpp"
#include "http/failure_report.hpp"
#include "http/json_writer.hpp"
#include "http/sse.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <string_view>

namespace sandboxd::http {

namespace {

using actors::error_code;
using git::clone_fault;

constexpr std::string_view a_text = "Failed to checkout repository";

error_code code_of(clone_fault fault) {
  switch (fault) {
  case clone_fault::repository_not_found:
    return error_code::git_repository_not_found;
  case clone_fault::authentication:
    return error_code::git_auth_failed;
  case clone_fault::branch_not_found:
    return error_code::git_branch_not_found;
  case clone_fault::network:
    return error_code::git_network_error;
  case clone_fault::clone:
    return error_code::git_clone_failed;
  case clone_fault::operation:
    break;
  }
  return error_code::git_operation_failed;
}

/// Dialect B shows outputs without their last end of line.
std::string without_last_newline(std::string text) {
  if (text.ends_with('\n'))
    text.pop_back();
  return text;
}

json_writer context_of(const git_request& request, int exit_code, std::string_view standard_error) {
  json_writer context;
  context.text("repository", request.url).text("targetDir", request.target_dir);
  if (!request.branch.empty())
    context.text("branch", request.branch);
  context.number("exitCode", exit_code).text("stderr", standard_error);
  return context;
}

error_report git_report(error_code code, dialect spoken) {
  const error_entry& entry = entry_of(code);
  error_report report;
  report.code = entry.sdk_code;
  report.status = entry.nominal_status(spoken);
  actors::failure reason;
  reason.code = code;
  report.suggestion = suggestion_for(reason);
  return report;
}

error_report timed_out_error(const actors::failure& reason, const git_request& request, dialect spoken) {
  using std::chrono::ceil;
  auto report = git_report(error_code::git_network_error, spoken);
  report.message = fmt::format("Git clone timed out after {} seconds for '{}'",
                               ceil<std::chrono::seconds>(request.timeout).count(), request.url);
  report.context =
      context_of(request, git::timed_out_exit_code, reason.message).text("cause", "timeout").finish();
  report.a_text = a_text;
  return report;
}

} // namespace

std::string clone_members(const git_request& request, const git::clone_result& result, dialect spoken,
                          const std::string& timestamp) {
  const auto branch = spoken == dialect::a || result.branch.empty() ? request.branch : result.branch;
  json_writer answer;
  answer.boolean("success", result.exit_code == 0)
      .text("repoUrl", request.url)
      .text("branch", branch.empty() ? "unknown" : branch)
      .text("targetDir", request.target_dir);
  if (spoken != dialect::b)
    answer.text("stdout", "").text("stderr", result.standard_error).number("exitCode", result.exit_code);
  if (!result.cause.empty())
    answer.text("cause", result.cause);
  if (!result.notice.empty())
    answer.text("notice", result.notice);
  return answer.text("timestamp", timestamp).take_members();
}

error_report clone_error(const git_request& request, const git::clone_result& result) {
  const auto code = code_of(git::fault_of(result.exit_code, result.standard_error));
  const auto said = without_last_newline(result.standard_error);
  auto report = git_report(code, dialect::b);
  report.message = fmt::format("Failed to clone repository '{}': {}", request.url,
                               said.empty() ? fmt::format("exit code {}", result.exit_code) : said);
  auto context = context_of(request, result.exit_code, said);
  if (!result.cause.empty())
    context.text("cause", result.cause);
  report.context = context.finish();
  if (code == error_code::git_branch_not_found)
    report.suggestion =
        fmt::format("Branch \"{}\" does not exist in the repository. Check the branch name", request.branch);
  return report;
}

error_report lost_clone_error(const actors::failure& reason, const git_request& request, dialect spoken) {
  if (reason.code == error_code::command_timeout)
    return timed_out_error(reason, request, spoken);
  failed_operation operation;
  operation.spoken = spoken;
  operation.a_text = a_text;
  auto report = report_failure(reason, operation);
  report.a_text = a_text;
  report.status = entry_of(reason.code).status;
  if (reason.code == error_code::command_execution_error) {
    report.code = entry_of(error_code::git_clone_failed).sdk_code;
    report.message = fmt::format("Failed to clone repository '{}': {}", request.url, reason.message);
    report.context = context_of(request, 1, reason.message).text("cause", "lost").finish();
  }
  return report;
}

std::string clone_event(const std::string& type, const std::string& json) {
  auto tree = nlohmann::ordered_json::parse(json);
  nlohmann::ordered_json event{{"type", type}};
  event.update(tree);
  return sse_event(event.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace));
}

} // namespace sandboxd::http
