#include "actors/file_worker.hpp"

#include "actors/paths.hpp"

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<file_worker_state, file_worker_actor>;

void tell_idle(self_pointer self) {
  self->set_status("idle");
  if (const auto pool =
          self->observer()->actors->find<file_pool_actor>(paths::sibling(self->record()->path(), "pool")))
    self->send(pool, worker_idle{self});
}

} // namespace

file_worker_actor::behavior_type file_worker_behavior(self_pointer self) {
  tell_idle(self);
  return {
      [self](const blocking_task& task) {
        self->set_status("busy");
        task.work();
        tell_idle(self);
      },
      [self](tell_when_idle) { tell_idle(self); },
  };
}

} // namespace sandboxd::actors
