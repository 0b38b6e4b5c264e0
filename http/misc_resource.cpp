#include "http/misc_resource.hpp"

#include "http/call.hpp"
#include "http/error_body.hpp"
#include "http/json_writer.hpp"
#include "http/refusal_report.hpp"
#include "http/timestamp.hpp"

#include <cstdint>

namespace sandboxd::http::misc_resource {

void root(incoming_call& incoming) {
  incoming.answer->send(
      response{200, {{"Content-Type", "text/plain; charset=utf-8"}}, "sandboxd is running\n"});
}

void ping(incoming_call& incoming) {
  incoming.send_json(json_writer()
                         .boolean("success", true)
                         .text("message", "pong")
                         .text("status", incoming.spoken == dialect::b ? "healthy" : "ready")
                         .text("system", "sandboxd")
                         .number("progress", 100)
                         .text("timestamp", incoming.now())
                         .finish());
}

void version(incoming_call& incoming) {
  incoming.send_json(json_writer()
                         .boolean("success", true)
                         .text("version", incoming.settings().sandbox.version)
                         .text("timestamp", incoming.now())
                         .finish());
}

void commands(incoming_call& incoming) {
  // No `call`, which would own the catalogue.
  incoming.with->commands->list(
      [answer = incoming.answer, now = incoming.with->now()](const command_names& names) {
        if (!names)
          return answer->send(error_response(refusal_report({500, "The commands cannot be listed"}), now));
        answer->send(json_response(json_writer()
                                       .boolean("success", true)
                                       .texts("availableCommands", *names)
                                       .number("count", names->size())
                                       .text("timestamp", timestamp(now))
                                       .finish()));
      });
}

} // namespace sandboxd::http::misc_resource
