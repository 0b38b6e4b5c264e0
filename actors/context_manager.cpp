#include "actors/context_manager.hpp"

#include "actors/code_context.hpp"
#include "actors/paths.hpp"
#include "config/settings.hpp"
#include "supervision/errors.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor_messages.hpp"

#include <fmt/format.h>

#include <chrono>
#include <random>
#include <string>
#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<context_manager_state, context_manager_actor>;

/// For the supervisor, which answers from memory.
constexpr std::chrono::seconds neighbour_timeout{5};

/// What a context gets for its end: it only kills its executor.
constexpr std::chrono::milliseconds time_to_end{1000};

/// A random UUID (RFC 4122 section 4.4).
std::string make_uuid() {
  std::random_device source;
  const auto draw = [&source](std::uint64_t limit) {
    return std::uniform_int_distribution<std::uint64_t>(0, limit)(source);
  };
  return fmt::format("{:08x}-{:04x}-4{:03x}-{:x}{:03x}-{:012x}", draw(0xffffffff), draw(0xffff), draw(0xfff),
                     8 + draw(3), draw(0xfff), draw(0xffffffffffff));
}

/// The actor takes its entry out of the table, whatever ends it.
void on_create(self_pointer self, const create_context& wanted) {
  auto& state = self->state;
  const auto supervisor = self->observer()->actors->find<supervision::supervisor_actor>(paths::contexts);
  if (!supervisor)
    return wanted.done.deliver(
        failure{error_code::unavailable, "The sandbox is restarting its code contexts"});
  const auto now = std::chrono::system_clock::now();
  const auto settings = state.context->settings();
  const auto& directory = wanted.options.directory;
  const context_table::entry entry{{make_uuid(), wanted.options.spoken,
                                    directory.empty() ? settings->sandbox.workspace : directory, now, now},
                                   std::to_string(++state.last_number)};
  if (!state.context->contexts->enter(entry, settings->interpreter.max_contexts))
    return wanted.done.deliver(failure{error_code::too_busy, "There are too many code contexts"});
  supervision::child_spec spec;
  spec.id = entry.child;
  spec.restart = supervision::restart_type::temporary;
  spec.start = supervision::supervised(code_context_behavior, state.context,
                                       start_context{entry.record, wanted.options, wanted.room, wanted.done});
  spec.shutdown = time_to_end;
  self->request(supervisor, neighbour_timeout, supervision::start_child{std::move(spec)})
      .then([](const caf::strong_actor_ptr&) {},
            [context = state.context, id = entry.record.id, done = wanted.done](const caf::error& error) {
              context->contexts->remove(id);
              failure reason(error_code::internal_error, "The code context could not be started");
              reason.detail = supervision::describe(error);
              done.deliver(std::move(reason));
            });
}

} // namespace

context_manager_actor::behavior_type context_manager_behavior(self_pointer self, services_ptr context) {
  self->state.context = std::move(context);
  return {[self](const create_context& wanted) { on_create(self, wanted); }};
}

} // namespace sandboxd::actors
