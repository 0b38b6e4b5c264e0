#include "http/code_resource.hpp"

#include "http/code_request.hpp"
#include "http/code_stream.hpp"
#include "http/json_writer.hpp"
#include "http/timestamp.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>

namespace sandboxd::http::code_resource {

namespace {

using actors::context_record;
using actors::failure;
using actors::result_of;

/// The members of both dialects (HTTP.md 2).
json_writer& describe(json_writer& json, const context_record& context) {
  return json.text("id", context.id)
      .text("contextId", context.id)
      .text("language", name_of(context.spoken))
      .text("cwd", context.directory)
      .text("createdAt", timestamp(context.created_at))
      .text("lastUsed", timestamp(context.last_used));
}

/// Answers with the context, or with what is wrong with it.
actors::reply<context_record> answer_with_context(const incoming_call& incoming, const std::string& id) {
  return actors::reply<context_record>([call = incoming.to_answer(),
                                        id](const result_of<context_record>& result) {
    if (const auto* reason = std::get_if<failure>(&result))
      return call.send_error(code_error(call, *reason, id, false));
    json_writer json;
    json.boolean("success", true);
    call.send_json(describe(json, std::get<context_record>(result)).text("timestamp", call.now()).finish());
  });
}

} // namespace

void create(incoming_call& incoming) {
  auto read = read_context_request(*incoming.body);
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  incoming.with->code->create(std::get<actors::context_options>(std::move(read)),
                              answer_with_context(incoming, ""));
}

void list(incoming_call& incoming) {
  std::string all = "[";
  for (const auto& context : incoming.with->code->list()) {
    json_writer json;
    all += (all.size() > 1 ? "," : "") + describe(json, context).finish();
  }
  incoming.send_json(json_writer()
                         .boolean("success", true)
                         .raw("contexts", all + "]")
                         .text("timestamp", incoming.now())
                         .finish());
}

void remove(incoming_call& incoming) {
  const auto& id = incoming.parameters.at(0).second;
  incoming.with->code->remove(
      id, actors::reply<std::string>([call = incoming.to_answer(), id](const result_of<std::string>& result) {
        if (const auto* reason = std::get_if<failure>(&result))
          return call.send_error(code_error(call, *reason, id, false));
        call.send_json(json_writer()
                           .boolean("success", true)
                           .text("contextId", id)
                           .text("timestamp", call.now())
                           .finish());
      }));
}

void interrupt(incoming_call& incoming) {
  const auto& id = incoming.parameters.at(0).second;
  incoming.with->code->interrupt(id, answer_with_context(incoming, id));
}

void restart(incoming_call& incoming) {
  const auto& id = incoming.parameters.at(0).second;
  incoming.with->code->restart(id, answer_with_context(incoming, id));
}

void run(incoming_call& incoming) {
  auto read = read_run_request(*incoming.body);
  if (const auto* report = std::get_if<error_report>(&read)) {
    incoming.send_error(*report);
    return;
  }
  auto& request = std::get<actors::run_request>(read);
  request.request_id = incoming.request_id;
  const auto id = request.context;
  incoming.with->code->run(std::move(request), std::make_shared<code_stream>(incoming.to_answer(), id));
}

void reload(incoming_call& incoming) {
  incoming.with->code->reload_python(
      actors::reply<std::string>([call = incoming.to_answer()](const result_of<std::string>& result) {
        if (const auto* reason = std::get_if<failure>(&result))
          return call.send_error(code_error(call, *reason, "", false));
        call.send_json(json_writer()
                           .boolean("success", true)
                           .text("python", std::get<std::string>(result))
                           .text("timestamp", call.now())
                           .finish());
      }));
}

/// Healthy: every language can be had (HTTP.md 9.1). What is beyond that word is an extension.
void health(incoming_call& incoming) {
  const auto pools = incoming.with->code->health();
  bool healthy = !pools.empty();
  json_writer languages;
  for (const auto& pool : pools) {
    healthy = healthy && pool.circuit == "closed" && pool.problem.empty();
    languages.begin_object(name_of(pool.spoken))
        .number("idle", pool.idle)
        .number("starting", pool.starting)
        .number("inUse", pool.lent)
        .number("waiting", pool.waiting)
        .text("circuit", pool.circuit)
        .number("retryAfterMs", pool.retry_after.count());
    if (!pool.problem.empty())
      languages.text("problem", pool.problem);
    languages.end_object();
  }
  incoming.send_json(json_writer()
                         .boolean("success", true)
                         .text("status", healthy ? "healthy" : "unhealthy")
                         .raw("languages", languages.finish())
                         .text("timestamp", incoming.now())
                         .finish());
}

} // namespace sandboxd::http::code_resource
