#include "http/misc_resource.hpp"

#include "http/call.hpp"
#include "http/json_writer.hpp"

#include <cstdint>

namespace sandboxd::http::misc_resource {

void root(call& incoming) {
  incoming.answer->send(
      response{200, {{"Content-Type", "text/plain; charset=utf-8"}}, "sandboxd is running\n"});
}

void ping(call& incoming) {
  incoming.send_json(json_writer()
                         .boolean("success", true)
                         .text("message", "pong")
                         .text("status", incoming.spoken == dialect::b ? "healthy" : "ready")
                         .text("system", "sandboxd")
                         .number("progress", 100)
                         .text("timestamp", incoming.now())
                         .finish());
}

void version(call& incoming) {
  incoming.send_json(json_writer()
                         .boolean("success", true)
                         .text("version", incoming.settings().sandbox.version)
                         .text("timestamp", incoming.now())
                         .finish());
}

void commands(call& incoming) {
  incoming.with->commands->list([answer = incoming.answer, now = incoming.now()](const command_names& names) {
    answer->send(json_response(json_writer()
                                   .boolean("success", true)
                                   .texts("availableCommands", *names)
                                   .number("count", static_cast<std::int64_t>(names->size()))
                                   .text("timestamp", now)
                                   .finish()));
  });
}

} // namespace sandboxd::http::misc_resource
