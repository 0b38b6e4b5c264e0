#include "inspector/action_resource.hpp"

#include "actors/interfaces.hpp"
#include "actors/paths.hpp"
#include "inspector/order.hpp"
#include "launcher/process_tree.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::inspector::action_resource {

namespace {

using supervision::actor_phase;
using supervision::actor_snapshot;

/// The actor that an order names; nothing, and answered, when there is none.
std::optional<actor_snapshot> find_actor(const order& given) {
  const auto path = given.text("path");
  if (!path)
    return std::nullopt;
  if (const auto record = given.incoming().with->observer->actors->record(*path))
    return record->snapshot();
  given.incoming().send_problem(404, "NOT_FOUND", "No actor lives at " + *path);
  return std::nullopt;
}

/// Its supervisor; null, and answered, when it has none, or that does not run.
supervision::supervisor_actor find_supervisor(const order& given, const actor_snapshot& actor) {
  const auto parent = actors::paths::parent(actor.path);
  const auto& tree = *given.incoming().with->observer->actors;
  const auto record = tree.record(parent);
  if (!record || !record->snapshot().supervisor) {
    given.incoming().send_problem(409, "NO_SUPERVISOR",
                                  actor.path + " is the top of the tree: drain the daemon instead");
    return {};
  }
  auto supervisor = tree.find<supervision::supervisor_actor>(parent);
  if (!supervisor)
    given.incoming().send_problem(409, "NOT_RUNNING", parent + ", its supervisor, does not run");
  return supervisor;
}

/// Its name among its siblings.
std::string id_of(const actor_snapshot& actor) {
  return actor.path.substr(actor.path.rfind('/') + 1);
}

constexpr std::array<std::pair<std::string_view, int>, 9> signals{{{"SIGHUP", SIGHUP},
                                                                   {"SIGINT", SIGINT},
                                                                   {"SIGQUIT", SIGQUIT},
                                                                   {"SIGKILL", SIGKILL},
                                                                   {"SIGUSR1", SIGUSR1},
                                                                   {"SIGUSR2", SIGUSR2},
                                                                   {"SIGTERM", SIGTERM},
                                                                   {"SIGCONT", SIGCONT},
                                                                   {"SIGSTOP", SIGSTOP}}};

/// To a process and all below it; returns how many got it.
std::size_t signal_tree(pid_t process, int number) {
  const auto first = launcher::read_process(process);
  if (!first)
    return 0;
  auto all = launcher::descendants(launcher::read_processes(), {process}, [](const auto&) { return false; });
  all.insert(all.begin(), *first);
  return static_cast<std::size_t>(std::ranges::count_if(
      all, [number](const auto& one) { return launcher::signal_process(one, number); }));
}

} // namespace

void restart(const call& incoming) {
  const auto given = order::read(incoming);
  const auto actor = given ? find_actor(*given) : std::nullopt;
  if (!actor)
    return;
  if (actor->restart == supervision::restart_type::temporary)
    return incoming.send_problem(409, "NOT_RESTARTED",
                                 actor->path +
                                     " is temporary: its supervisor starts it once. It can be stopped");
  if (actor->phase != actor_phase::running)
    return incoming.send_problem(
        409, "NOT_RUNNING", fmt::format("{} does not run: it is {}", actor->path, to_string(actor->phase)));
  if (const auto supervisor = find_supervisor(*given, *actor)) {
    given->note(actor->path, "restart");
    caf::anon_send(supervisor, supervision::renew_child{id_of(*actor)});
    given->accept();
  }
}

void stop(const call& incoming) {
  const auto given = order::read(incoming);
  const auto actor = given ? find_actor(*given) : std::nullopt;
  if (!actor)
    return;
  if (const auto supervisor = find_supervisor(*given, *actor)) {
    given->note(actor->path, "stop");
    caf::anon_send(supervisor, supervision::terminate_child{id_of(*actor)});
    given->accept();
  }
}

void signal(const call& incoming) {
  const auto given = order::read(incoming);
  const auto actor = given ? find_actor(*given) : std::nullopt;
  const auto name = actor ? given->text("signal") : std::nullopt;
  if (!name)
    return;
  const auto* const found = std::ranges::find(signals, *name, &std::pair<std::string_view, int>::first);
  if (found == signals.end())
    return given->refuse("signal", "signal must be the name of one, such as SIGTERM");
  if (actor->process <= 0 || actor->phase == actor_phase::exited)
    return incoming.send_problem(409, "NO_PROCESS", actor->path + " has no process");
  given->note(actor->path, fmt::format("{} to process {} and all below it", *name, actor->process));
  incoming.send_json(
      fmt::format(R"({{"success":true,"processes":{}}})", signal_tree(actor->process, found->second)));
}

void turn_breaker(const call& incoming) {
  const auto given = order::read(incoming);
  const auto name = given ? given->text("name") : std::nullopt;
  const auto action = name ? given->text("action") : std::nullopt;
  if (!action)
    return;
  if (*action != "reset" && *action != "trip")
    return given->refuse("action", "action must be reset or trip");
  const auto path = actors::paths::executor_pool(*name);
  if (std::ranges::none_of(interpreters::every_language, [&](auto one) { return name_of(one) == *name; }))
    return given->refuse("name", "name must be python, javascript or typescript");
  const auto pool = incoming.with->observer->actors->find<actors::executor_pool_actor>(path);
  if (!pool)
    return incoming.send_problem(409, "NOT_RUNNING", path + " does not run");
  given->note(path, *action + " the circuit breaker");
  caf::anon_send(pool, actors::turn_breaker{*action == "trip"});
  given->accept();
}

namespace {

std::string which_of(const std::vector<supervision::trace_ptr>& requests) {
  std::string text = "Several requests of that id are under way, name one by its span:";
  for (const auto& one : requests)
    text += fmt::format("{} {} ({} {} of {})", text.back() == ':' ? "" : ",",
                        supervision::span_text(one->context().span), one->about().method, one->about().path,
                        one->about().client);
  return text;
}

} // namespace

void cut_request(const call& incoming) {
  const auto given = order::read(incoming);
  const auto id = given ? given->text("id") : std::nullopt;
  if (!id)
    return;
  auto found = incoming.with->observer->traces.find(*id);
  if (found.empty())
    return incoming.send_problem(404, "NOT_FOUND", "There is no request " + *id);
  std::erase_if(found, [](const auto& one) { return one->glance().ended.has_value(); });
  if (found.size() > 1)
    return incoming.send_problem(409, "AMBIGUOUS", which_of(found));
  if (found.empty() || !found.front()->cut())
    return incoming.send_problem(409, "NOT_RUNNING", fmt::format("Request {} has ended", *id));
  const auto& about = found.front()->about();
  given->note("/root/http", fmt::format("cut request {} ({} {}, span {})", about.request_id, about.method,
                                        about.path, supervision::span_text(found.front()->context().span)));
  given->accept();
}

void drain(const call& incoming) {
  constexpr std::uint64_t day = 86'400'000;
  const auto given = order::read(incoming);
  const auto patience = given ? given->number("milliseconds", day) : std::nullopt;
  if (!patience)
    return;
  given->note("/root", fmt::format("drain for {} ms at most, then end", *patience));
  given->accept();
  incoming.with->drain(std::chrono::milliseconds(*patience));
}

} // namespace sandboxd::inspector::action_resource
