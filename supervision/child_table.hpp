#pragma once

#include "supervision/backoff.hpp"
#include "supervision/child_spec.hpp"
#include "supervision/directory.hpp"
#include "supervision/exit_cause.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/actor_control_block.hpp>
#include <caf/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sandboxd::supervision {

/// One child as its supervisor sees it.
struct child {
  child(child_spec data, backoff waits) : spec(std::move(data)), delays(std::move(waits)) {}

  child_spec spec;
  child_phase phase = child_phase::stopped;
  caf::strong_actor_ptr handle;    ///< null unless starting, running, stopping or (then it has ended) exited
  caf::actor_id incarnation = 0;   ///< CAF's number of the present or last actor, 0 before the first
  std::uint64_t incarnations = 0;  ///< actors spawned so far
  directory::registration listing; ///< entry of the present or last actor
  exit_cause last_exit;            ///< how the last actor ended
  bool timed_out = false;          ///< the start of the present actor took too long
  bool called_off = false;         ///< the present actor was told to end before its start was complete
  bool killed = false;             ///< the present actor was ended by force
  bool renewed = false;            ///< the present actor was asked to end, to be started again
  backoff delays;
  std::chrono::steady_clock::time_point alive_since{};
  std::uint64_t ticket = 0;        ///< makes a `restart_due` from before the last change void
  bool restart_is_counted = false; ///< the restart that is due has been added to the window already
  std::function<void(const caf::error&)> then; ///< goes on when the start or stop under way has ended
};

/// The children of one supervisor in start order, found by id and by actor in constant time.
class child_table {
public:
  child* find(const std::string& id);
  child* find(caf::actor_id incarnation);

  /// Appends a child; its id must be new.
  child& add(child entry);

  /// Makes the child known by the actor that lives in it now.
  void bind(child& entry, const caf::strong_actor_ptr& actor);

  /// The child's actor has ended; its handle stays.
  void unbind(const child& entry);

  void remove(const std::string& id);

  std::size_t size() const noexcept { return order_.size(); }

  /// In start order.
  std::list<child>& all() noexcept { return order_; }
  const std::list<child>& all() const noexcept { return order_; }

private:
  std::list<child> order_;
  std::unordered_map<std::string, std::list<child>::iterator> by_id_;
  std::unordered_map<caf::actor_id, child*> by_actor_;
};

} // namespace sandboxd::supervision
