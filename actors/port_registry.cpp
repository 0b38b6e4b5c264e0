#include "actors/port_registry.hpp"

#include "actors/paths.hpp"
#include "actors/port_watch.hpp"
#include "supervision/errors.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<port_registry_state, port_registry_actor>;

/// For the supervisor, which answers from memory.
constexpr std::chrono::seconds neighbour_timeout{5};

void on_watch(self_pointer self, const watch_port& wanted) {
  const auto supervisor = self->observer()->actors->find<supervision::supervisor_actor>(paths::port_watches);
  if (!supervisor)
    return wanted.done.deliver(failure{error_code::unavailable, "The sandbox is restarting its watches"});
  tracked_process_ptr process;
  if (const auto& id = wanted.request.process) {
    process = self->state.context()->processes->find(*id);
    if (!process)
      return wanted.done.deliver(failure{error_code::process_not_found, "Process not found"}); // HTTP.md 8.3
  }
  supervision::child_spec spec;
  spec.id = self->state.next_watch();
  spec.restart = supervision::restart_type::temporary;
  spec.start = supervision::supervised(port_watch_behavior, self->state.context(), wanted, process);
  self->request(supervisor, neighbour_timeout, supervision::start_child{std::move(spec)})
      .then([](const caf::strong_actor_ptr&) {},
            [wanted](const caf::error& error) {
              const bool full = supervision::is(error, supervision::supervision_error::too_many_children);
              failure reason(full ? error_code::too_busy : error_code::internal_error,
                             full ? "There are too many waits for ports" : "The wait could not be started");
              reason.detail = supervision::describe(error);
              wanted.done.deliver(std::move(reason));
            });
}

} // namespace

result_of<ports::exposed_port> port_registry_state::expose(const expose_port& wanted) {
  if (wanted.port == ports::control_port || context_->is_own_port(wanted.port))
    return failure{error_code::invalid_port_number,
                   fmt::format("Port {} is reserved for the sandbox's control interface", wanted.port)};
  const auto now = context_->exposed_ports();
  if (wanted.existing == if_exposed::refuse && now->contains(wanted.port))
    return failure{error_code::port_already_exposed, fmt::format("Port {} is already exposed", wanted.port)};
  if (now->size() >= context_->settings()->ports.max_exposed && !now->contains(wanted.port))
    return failure{error_code::too_busy, "There are too many exposed ports"};
  auto changed = std::make_shared<ports::exposed_ports>(*now);
  const ports::exposed_port entry{wanted.port, wanted.name, std::chrono::system_clock::now()};
  changed->insert_or_assign(wanted.port, entry);
  context_->publish(std::move(changed));
  return entry;
}

result_of<ports::exposed_port> port_registry_state::unexpose(std::uint16_t port) {
  auto changed = std::make_shared<ports::exposed_ports>(*context_->exposed_ports());
  const auto taken = changed->extract(port);
  if (taken.empty())
    return failure{error_code::port_not_exposed, fmt::format("Port {} is not exposed", port)};
  context_->publish(std::move(changed));
  return taken.mapped();
}

std::string port_registry_state::describe() const {
  return fmt::format("{} exposed", context_->exposed_ports()->size());
}

port_registry_actor::behavior_type port_registry_behavior(self_pointer self, services_ptr context) {
  self->state.configure(std::move(context));
  return {
      [self](const expose_port& wanted) {
        wanted.done.deliver(self->state.expose(wanted));
        self->set_status(self->state.describe());
      },
      [self](const unexpose_port& wanted) {
        wanted.done.deliver(self->state.unexpose(wanted.port));
        self->set_status(self->state.describe());
      },
      [self](const watch_port& wanted) { on_watch(self, wanted); },
  };
}

} // namespace sandboxd::actors
