#pragma once

#include "supervision/child_keeper.hpp"
#include "supervision/kept_promise.hpp"
#include "supervision/lanes.hpp"
#include "supervision/supervisor.hpp"

#include <caf/error.hpp>
#include <caf/result.hpp>
#include <caf/system_messages.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::supervision {

/// The state of a supervisor actor: answers requests and orders what the restart rule (verdict.hpp) decides;
/// the keeper carries it out. Everything that stops or starts children is a task in a lane: one lane for all
/// children or, in a dynamic supervisor, one per child.
class supervisor_state {
public:
  using pointer = typed_stateful_pointer<supervisor_state, supervisor_actor>;
  using handle_result = caf::result<caf::strong_actor_ptr>;

  static inline const char* name = "supervisor";

  explicit supervisor_state(pointer self) : self_(self) {}

  void begin(supervisor_spec spec);

  handle_result start(const start_child& request);
  handle_result restart(const restart_child& request);
  caf::result<void> terminate(const terminate_child& request);
  caf::result<void> renew(const renew_child& request);
  caf::result<void> remove(const delete_child& request);
  handle_result get(const get_child& request);
  caf::result<void> ready();
  child_infos which() const;
  child_counts count() const;

  void on_started(caf::actor_id who) { keeper_->on_started(who); }
  void on_deadline() { keeper_->on_deadline(); }
  void on_restart_due(const restart_due& due);
  void on_down(const caf::down_msg& down);
  void on_exit(const caf::error& reason);

private:
  using handle_promise = kept_promise<caf::strong_actor_ptr>;

  /// A child among those its restart may concern, in start order.
  struct place {
    std::vector<std::string> ids;
    std::vector<restart_type> types;
    std::size_t position = 0;
  };
  place place_of(const child& entry) const;

  bool is_dynamic() const { return spec_.strategy == strategy::dynamic; }
  std::string lane_of(const std::string& id) const { return is_dynamic() ? id : std::string{}; }
  child_table& children() { return keeper_->children(); }
  child& add(child_spec data);
  caf::error refuses(const child_spec& spec);
  void bring_up(child& entry, const handle_promise& promise, bool is_new);

  // Restarts.
  void judge(child& entry, const std::optional<exit_cause>& cause);
  void carry_out(const place& where, const restart_group& group, std::chrono::milliseconds delay);
  void restart_later(child& entry, std::chrono::milliseconds delay, bool counted);
  void give_up(child& entry, const exit_cause& cause);
  void show_budget() const;

  // The end.
  void stop_everything(const caf::error& reason);
  void stop_dynamic(const std::vector<std::string>& ids, const caf::error& reason);

  pointer self_;
  supervisor_spec spec_; // its children have moved into the keeper
  restart_window history_{0, std::chrono::seconds{1}};
  std::optional<child_keeper> keeper_; // from `begin` on
  lanes lanes_;
  bool is_up_ = false;                   // all children of its spec have started
  std::optional<caf::error> called_off_; // the reason to end, when starts under way were called off for it
  bool stopping_ = false;
};

} // namespace sandboxd::supervision
