#include "inspector/actor_document.hpp"

#include "http/json_writer.hpp"
#include "http/timestamp.hpp"

#include <fmt/ranges.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

namespace sandboxd::inspector {

namespace {

using http::json_writer;

/// As many of a name as there are: each is written once.
struct detail_writer {
  json_writer& json;
  std::string_view name;

  void operator()(const std::string& text) const { json.text(name, text); }
  void operator()(std::int64_t number) const { json.number(name, number); }
  void operator()(std::chrono::system_clock::time_point time) const {
    json.text(name, http::timestamp(time));
  }
};

void write_details(json_writer& json, const supervision::actor_details& details) {
  json.begin_object("details");
  for (const auto& one : details)
    std::visit(detail_writer{json, one.name}, one.value);
  json.end_object();
}

void write_mailbox(json_writer& json, const supervision::mailbox_figures& mailbox) {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  json.begin_object("mailbox")
      .number("depth", mailbox.depth)
      .number("highWater", mailbox.depth_high_water)
      .number("received", mailbox.received)
      .number("handled", mailbox.handled)
      .number("oldestMicroseconds", mailbox.oldest_age.count())
      .number("handlingMicroseconds", duration_cast<microseconds>(mailbox.handling_total).count())
      .number("longestHandlingMicroseconds", duration_cast<microseconds>(mailbox.handling_max).count())
      .end_object();
}

void write_supervisor(json_writer& json, const supervision::supervisor_figures& supervisor) {
  const auto used = supervisor.restarts.count(std::chrono::steady_clock::now());
  const auto allowed = supervisor.restarts.intensity();
  json.begin_object("supervisor")
      .text("strategy", to_string(supervisor.strategy))
      .number("intensity", allowed)
      .number("periodSeconds", supervisor.restarts.period().count())
      .number("used", used)
      .number("left", static_cast<std::int64_t>(allowed) - static_cast<std::int64_t>(used))
      .end_object();
}

json_writer write(const supervision::actor_snapshot& actor) {
  json_writer json;
  json.reserve(512).text("path", actor.path).text("kind", actor.kind).text("phase", to_string(actor.phase));
  if (!actor.status.empty())
    json.text("status", actor.status);
  if (!actor.details.empty())
    write_details(json, actor.details);
  if (!actor.last_error.empty())
    json.text("lastError", actor.last_error);
  if (actor.restart)
    json.text("restart", to_string(*actor.restart));
  json.number("restarts", actor.restarts).text("startedAt", http::timestamp(actor.started));
  if (actor.restart_due)
    json.text("restartDue", http::timestamp(*actor.restart_due));
  if (actor.process != 0)
    json.number("pid", actor.process);
  if (actor.supervisor)
    write_supervisor(json, *actor.supervisor);
  write_mailbox(json, actor.mailbox);
  return json;
}

std::string array_of(std::span<const std::uint64_t> numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

} // namespace

std::string actor_document(const supervision::actor_snapshot& actor) {
  return write(actor).finish();
}

std::string full_actor_members(const supervision::actor_snapshot& actor) {
  return write(actor)
      .number("actorId", actor.actor_id)
      .raw("handlingHistogram", array_of(actor.mailbox.handling_histogram))
      .raw("waitingHistogram", array_of(actor.mailbox.waiting_histogram))
      .take_members();
}

} // namespace sandboxd::inspector
