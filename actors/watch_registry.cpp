#include "actors/watch_registry.hpp"

#include "actors/paths.hpp"
#include "actors/watch.hpp"
#include "supervision/errors.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/actor_cast.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<watch_registry_state, watch_registry_actor>;
using request = watch_registry_state::request;

/// For the supervisor, which answers from memory.
constexpr std::chrono::seconds neighbour_timeout{5};

/// Of all watches ever, also those of a registry before: the names of children are never used again.
std::atomic<std::uint64_t> last_number = 0;

void fail(const request& wanted, const failure& reason) {
  if (const auto* subscription = std::get_if<subscribe_watch>(&wanted))
    subscription->reader.failed(reason);
  else
    std::get<check_watch>(wanted).done.deliver(reason);
}

void pass_on(self_pointer self, const watch_actor& watch, request wanted) {
  std::visit([&](auto& message) { self->send(watch, std::move(message)); }, wanted);
}

void fail_all(self_pointer self, const watch_options& wanted, const failure& reason) {
  const auto lost = self->state.watches.extract(wanted);
  if (lost)
    for (const auto& one : lost.mapped().waiting)
      fail(one, reason);
}

void has_started(self_pointer self, const watch_options& wanted, const caf::strong_actor_ptr& started) {
  auto watch = caf::actor_cast<watch_actor>(started);
  self->monitor(watch);
  auto& entry = self->state.watches.at(wanted);
  entry.watch = watch;
  for (auto& one : std::exchange(entry.waiting, {}))
    pass_on(self, watch, std::move(one));
}

/// The id has the form of HTTP.md 10.1.
void start(self_pointer self, const watch_options& wanted, const std::string& child) {
  const auto supervisor = self->observer()->actors->find<supervision::supervisor_actor>(paths::watches);
  if (!supervisor)
    return fail_all(self, wanted, {error_code::unavailable, "The sandbox is restarting its watches"});
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::system_clock::now().time_since_epoch());
  supervision::child_spec spec;
  spec.id = child;
  spec.restart = supervision::restart_type::temporary;
  spec.start = supervision::supervised(watch_behavior, self->state.context,
                                       fmt::format("watch-{}-{}", child, milliseconds.count()), wanted,
                                       self->state.sources);
  self->request(supervisor, neighbour_timeout, supervision::start_child{std::move(spec)})
      .then([self, wanted](const caf::strong_actor_ptr& started) { has_started(self, wanted, started); },
            [self, wanted](const caf::error& error) {
              failure reason(error_code::internal_error, "The watch could not be started");
              reason.detail = supervision::describe(error);
              fail_all(self, wanted, reason);
            });
}

void serve(self_pointer self, const watch_options& wanted, request message) {
  auto& watches = self->state.watches;
  const auto known = watches.find(wanted);
  if (known != watches.end() && known->second.watch)
    return pass_on(self, known->second.watch, std::move(message));
  if (known != watches.end())
    return known->second.waiting.push_back(std::move(message));
  if (watches.size() >= self->state.context->settings()->watch.max_watches)
    return fail(message, {error_code::too_busy, "There are too many watches"});
  if (auto* comparison = std::get_if<check_watch>(&message))
    comparison->created = true;
  const auto child = std::to_string(++last_number);
  watches[wanted].waiting.push_back(std::move(message));
  self->set_status(fmt::format("{} watches", watches.size()));
  start(self, wanted, child);
}

} // namespace

void watch_registry_state::forget(const caf::actor_addr& watch) {
  std::erase_if(watches,
                [&](const auto& one) { return one.second.watch && one.second.watch.address() == watch; });
}

watch_registry_actor::behavior_type watch_registry_behavior(self_pointer self, services_ptr context,
                                                            watch_source_factory sources) {
  self->state.context = std::move(context);
  self->state.sources = std::move(sources);
  self->set_down_handler([self](const caf::down_msg& message) {
    self->state.forget(caf::actor_cast<caf::actor_addr>(message.source));
    self->set_status(fmt::format("{} watches", self->state.watches.size()));
  });
  return {
      [self](subscribe_watch& wanted) {
        const auto options = wanted.wanted;
        serve(self, options, std::move(wanted));
      },
      [self](check_watch& wanted) {
        const auto options = wanted.wanted;
        serve(self, options, std::move(wanted));
      },
      [self](const watch_over& event) {
        self->state.forget(event.watch.address());
        self->send(event.watch, end_watch{});
      },
  };
}

} // namespace sandboxd::actors
