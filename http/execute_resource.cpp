#include "http/execute_resource.hpp"

#include "http/call.hpp"
#include "http/command_answer.hpp"
#include "http/command_stream.hpp"
#include "http/execute_request.hpp"

#include <memory>
#include <utility>
#include <variant>

namespace sandboxd::http::execute_resource {

namespace {

/// Validates the request and hands the command over, its fate to be told to an `Observer`.
template <class Observer>
void start(incoming_call& incoming, execute_kind kind) {
  auto read =
      read_execute_request(*incoming.sent, *incoming.body, incoming.spoken, kind, incoming.settings());
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  auto& accepted = std::get<execute_request>(read);
  auto command = accepted.run;
  accepted.run.env = {}; // no answer repeats it
  const auto wanted = std::make_shared<const execute_request>(std::move(accepted));
  const actors::observer_handle observer(std::make_shared<Observer>(incoming.to_answer(), wanted));
  incoming.with->sandbox->execute(std::move(command), observer);
}

} // namespace

void run(incoming_call& incoming) {
  start<command_answer>(incoming, execute_kind::unary);
}

void run_streamed(incoming_call& incoming) {
  start<command_stream>(incoming, execute_kind::stream);
}

} // namespace sandboxd::http::execute_resource
