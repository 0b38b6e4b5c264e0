#include "http/watch_resource.hpp"

#include "http/call.hpp"
#include "http/json_writer.hpp"
#include "http/watch_document.hpp"
#include "http/watch_request.hpp"
#include "http/watch_stream.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace sandboxd::http::watch_resource {

namespace {

/// A version of the future.
error_report ahead_report(const actors::watch_version& since, const actors::watch_version& now) {
  return invalid_watch_report("since refers to a newer version than the current watch state",
                              json_writer()
                                  .text("since", actors::to_string(since))
                                  .text("currentVersion", actors::to_string(now))
                                  .finish());
}

} // namespace

void follow(incoming_call& incoming) {
  auto read = read_watch_request(*incoming.body, incoming.settings().sandbox.workspace);
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  auto& wanted = std::get<watch_request>(read);
  const auto options = wanted.wanted;
  incoming.with->watches->watch(options,
                                std::make_shared<watch_stream>(incoming.to_answer(), std::move(wanted)));
}

void check(incoming_call& incoming) {
  auto read = read_check_request(*incoming.body, incoming.settings().sandbox.workspace);
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  const auto& wanted = std::get<watch_request>(read);
  incoming.with->watches->check(
      wanted.wanted, wanted.since,
      actors::reply<actors::watch_check>(
          [call = incoming.to_answer(), wanted](actors::result_of<actors::watch_check> result) {
            if (const auto* reason = std::get_if<actors::failure>(&result))
              return call.send_error(watch_error(call, *reason, wanted));
            const auto& found = std::get<actors::watch_check>(result);
            if (found.status == actors::watch_check::outcome::ahead)
              return call.send_error(ahead_report(*wanted.since, found.now));
            call.send_json(check_json(found, call.now()));
          }));
}

} // namespace sandboxd::http::watch_resource
