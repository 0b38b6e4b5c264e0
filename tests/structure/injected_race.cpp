// A race on purpose: two actors on two threads count on one plain integer. `./test --tsan` fails unless
// ThreadSanitizer reports it, which shows that the sanitizer is awake in this build and sees through the
// actor library. An atomic rendezvous makes both actors run at once, whatever the scheduler does.
#include "caf/actor_system.hpp"
#include "caf/actor_system_config.hpp"
#include "caf/atom.hpp"
#include "caf/event_based_actor.hpp"

#include <atomic>
#include <cstdio>
#include <thread>

namespace {

int counter = 0;
std::atomic<int> arrived = 0;

caf::behavior racer(caf::event_based_actor* self) {
  return {[self](caf::tick_atom) {
    arrived.fetch_add(1, std::memory_order_relaxed);
    while (arrived.load(std::memory_order_relaxed) < 2)
      std::this_thread::yield();
    for (int i = 0; i < 1000; ++i)
      ++counter;
    self->quit();
  }};
}

} // namespace

int main() {
  caf::actor_system_config configuration;
  configuration.set("scheduler.max-threads", 2);
  {
    caf::actor_system system(configuration);
    caf::anon_send(system.spawn(racer), caf::tick_atom_v);
    caf::anon_send(system.spawn(racer), caf::tick_atom_v);
  }
  std::printf("%d\n", counter);
}
