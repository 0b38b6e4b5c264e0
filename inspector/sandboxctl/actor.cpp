#include "inspector/sandboxctl/actor.hpp"

#include "inspector/sandboxctl/figures.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <chrono>

namespace sandboxd::sandboxctl {

namespace {

/// Below these a mailbox is only being emptied.
constexpr std::uint64_t deep = 10;
constexpr std::uint64_t old_microseconds = 1'000'000;

std::optional<supervision_figures> read_supervision(const json& document) {
  if (!document.is_object())
    return std::nullopt;
  return supervision_figures{.strategy = text_of(document, "strategy"),
                             .intensity = count_of(document, "intensity"),
                             .period_seconds = count_of(document, "periodSeconds"),
                             .used = count_of(document, "used"),
                             .left = number_of(document, "left")};
}

mailbox_figures read_mailbox(const json& document) {
  return {.depth = count_of(document, "depth"),
          .high_water = count_of(document, "highWater"),
          .received = count_of(document, "received"),
          .handled = count_of(document, "handled"),
          .oldest = count_of(document, "oldestMicroseconds"),
          .handling = count_of(document, "handlingMicroseconds"),
          .longest_handling = count_of(document, "longestHandlingMicroseconds")};
}

remark remark_on(const supervision_figures& supervisor) {
  if (supervisor.left < 0)
    return {"has given up", tone::bad};
  return {fmt::format("{} of {} restarts used within {} s", supervisor.used, supervisor.intensity,
                      supervisor.period_seconds),
          supervisor.left == 0 ? tone::bad : tone::warning};
}

} // namespace

actor read_actor(const json& document) {
  actor read{.path = text_of(document, "path"),
             .kind = text_of(document, "kind"),
             .phase = text_of(document, "phase"),
             .status = text_of(document, "status"),
             .details = {},
             .last_error = text_of(document, "lastError"),
             .restarts = count_of(document, "restarts"),
             .started_at = text_of(document, "startedAt"),
             .restart_due = text_of(document, "restartDue"),
             .pid = number_of(document, "pid"),
             .supervisor = read_supervision(member(document, "supervisor")),
             .mailbox = read_mailbox(member(document, "mailbox"))};
  if (const auto& details = member(document, "details"); details.is_object())
    for (const auto& [name, value] : details.items())
      read.details.emplace_back(name, plain_value(value));
  return read;
}

std::vector<remark> remarks_on(const actor& one) {
  std::vector<remark> remarks;
  if (one.phase == "exited")
    remarks.push_back({"exited", tone::bad});
  else if (one.phase != "running")
    remarks.push_back({one.phase, tone::warning});
  if (!one.restart_due.empty())
    remarks.push_back({"restart due at " + clock_text(one.restart_due), tone::warning});
  if (one.restarts > 0)
    remarks.push_back({count_text(one.restarts, "restart"), tone::warning});
  if (one.supervisor && (one.supervisor->used > 0 || one.supervisor->left < 0))
    remarks.push_back(remark_on(*one.supervisor));
  if (one.mailbox.depth >= deep || (one.mailbox.depth > 0 && one.mailbox.oldest >= old_microseconds))
    remarks.push_back({fmt::format("{}, the oldest {} old", count_text(one.mailbox.depth, "message"),
                                   time_text(std::chrono::microseconds(one.mailbox.oldest))),
                       one.mailbox.oldest >= 10 * old_microseconds ? tone::bad : tone::warning});
  if (!one.last_error.empty())
    remarks.push_back({"last error: " + one.last_error, tone::bad});
  return remarks;
}

} // namespace sandboxd::sandboxctl
