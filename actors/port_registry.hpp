#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

#include <cstdint>
#include <string>

namespace sandboxd::actors {

/// Which ports are exposed. Each change is published as a new snapshot, which everybody reads without asking
/// this actor, and which outlives its crash.
class port_registry_state {
public:
  static inline const char* name = "port-registry";

  void configure(services_ptr context) { context_ = std::move(context); }

  [[nodiscard]] result_of<ports::exposed_port> expose(const expose_port& wanted);
  [[nodiscard]] result_of<ports::exposed_port> unexpose(std::uint16_t port);

  /// The name of the next watch's actor.
  [[nodiscard]] std::string next_watch() { return std::to_string(++watches_); }
  [[nodiscard]] services_ptr context() const { return context_; }
  [[nodiscard]] std::string describe() const;

private:
  services_ptr context_;
  std::uint64_t watches_ = 0;
};

/// Keeps the register of exposed ports, and starts an actor for each wait for a service.
port_registry_actor::behavior_type
port_registry_behavior(supervision::typed_stateful_pointer<port_registry_state, port_registry_actor> self,
                       services_ptr context);

} // namespace sandboxd::actors
