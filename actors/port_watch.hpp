#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "actors/tracked_process.hpp"
#include "supervision/actor_base.hpp"

#include <memory>
#include <string>
#include <utility>

namespace sandboxd::actors {

/// One wait for a service.
class port_watch_state {
public:
  static inline const char* name = "port-watch";

  /// `process`: that is expected to serve, or null.
  void configure(watch_port wanted, tracked_process_ptr process) {
    wanted_ = std::move(wanted);
    process_ = std::move(process);
  }

  /// Has `ended` called, on any thread, once the process has ended.
  void follow_process(std::function<void()> ended);

  /// Whether the wait goes on: somebody waits and the process lives. Answers when the process has ended.
  [[nodiscard]] bool goes_on();

  /// A probe has this result; whether another one is to follow.
  [[nodiscard]] bool take(const ports::probe_result& result);

  [[nodiscard]] const port_watch_request& request() const noexcept { return wanted_.request; }
  [[nodiscard]] std::string describe() const;

private:
  watch_port wanted_;
  tracked_process_ptr process_ = nullptr;
  std::shared_ptr<const void> following_ = nullptr;
  std::uint64_t probes_ = 0;
};

/// Probes a service again and again until it is ready, its process has ended or nobody waits any more; then
/// answers and ends normally. A process that ends is noticed at once, lost interest with the next probe.
port_watch_actor::behavior_type
port_watch_behavior(supervision::typed_stateful_pointer<port_watch_state, port_watch_actor> self,
                    services_ptr context, watch_port wanted, tracked_process_ptr process);

} // namespace sandboxd::actors
