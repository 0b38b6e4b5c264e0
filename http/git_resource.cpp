#include "http/git_resource.hpp"

#include "http/call.hpp"
#include "http/git_document.hpp"
#include "http/git_request.hpp"
#include "http/git_stream.hpp"

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <variant>

namespace sandboxd::http::git_resource {

namespace {

using clone_outcome = actors::result_of<git::clone_result>;

std::uint64_t random_number() {
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}

bool wants_events(const request& sent) {
  const std::string* accept = sent.header("Accept");
  return accept != nullptr && accept->find("text/event-stream") != std::string::npos;
}

/// What the log is told of a failure that is not git's own.
error_report report_lost(const call& incoming, const actors::failure& reason, const git_request& request) {
  failed_operation operation;
  operation.spoken = incoming.spoken;
  (void)incoming.report(reason, operation);
  return lost_clone_error(reason, request, incoming.spoken);
}

void send_answer(const call& incoming, const git_request& request, const clone_outcome& outcome) {
  if (const auto* reason = std::get_if<actors::failure>(&outcome)) {
    incoming.send_error(report_lost(incoming, *reason, request));
    return;
  }
  const auto& result = std::get<git::clone_result>(outcome);
  // Dialect A is told what git said, whatever that was.
  if (result.exit_code == 0 || incoming.spoken == dialect::a)
    incoming.send_json("{" + clone_members(request, result, incoming.spoken, incoming.now()) + "}");
  else
    incoming.send_error(clone_error(request, result));
}

std::string last_event(const call& incoming, const git_request& request, const clone_outcome& outcome) {
  if (const auto* reason = std::get_if<actors::failure>(&outcome))
    return clone_event("error", error_body(report_lost(incoming, *reason, request), incoming.with->now()));
  const auto& result = std::get<git::clone_result>(outcome);
  if (result.exit_code == 0)
    return clone_event("complete",
                       "{" + clone_members(request, result, incoming.spoken, incoming.now()) + "}");
  auto report = clone_error(request, result);
  report.more_members = clone_members(request, result, dialect::a, incoming.now());
  return clone_event("error", error_body(report, incoming.with->now()));
}

void answer_whole(incoming_call& incoming, git_checkout read) {
  auto cancel = incoming.with->git->checkout(
      std::move(read.wanted), nullptr,
      actors::reply<git::clone_result>(
          [call = incoming.to_answer(), request = std::move(read.shown)](const clone_outcome& outcome) {
            send_answer(call, request, outcome);
          }));
  incoming.answer->on_left(std::move(cancel));
}

void answer_by_events(incoming_call& incoming, git_checkout read) {
  const auto call = incoming.to_answer();
  const auto stream = git_stream::start(call);
  auto cancel = incoming.with->git->checkout(
      std::move(read.wanted), [stream](const git::clone_progress& progress) { stream->progressed(progress); },
      actors::reply<git::clone_result>(
          [call, stream, request = std::move(read.shown)](const clone_outcome& outcome) {
            stream->end(last_event(call, request, outcome));
          }));
  stream->on_left(std::move(cancel));
}

} // namespace

void checkout(incoming_call& incoming) {
  auto read = read_git_request(*incoming.sent, *incoming.body, incoming.spoken, incoming.settings(),
                               incoming.with->now(), random_number());
  if (const auto* report = std::get_if<error_report>(&read))
    incoming.send_error(*report);
  else if (wants_events(*incoming.sent))
    answer_by_events(incoming, std::get<git_checkout>(std::move(read)));
  else
    answer_whole(incoming, std::get<git_checkout>(std::move(read)));
}

} // namespace sandboxd::http::git_resource
