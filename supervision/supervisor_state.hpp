#pragma once

#include "supervision/child_table.hpp"
#include "supervision/deadlines.hpp"
#include "supervision/lanes.hpp"
#include "supervision/supervisor.hpp"

#include <caf/result.hpp>
#include <caf/system_messages.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::supervision {

/// The state of a supervisor actor: carries out what `decide` (verdict.hpp) orders. Everything that stops or
/// starts children runs as a task in a lane: one lane for all children, or, in a dynamic supervisor, one per
/// child.
class supervisor_state {
public:
  using pointer = typed_stateful_pointer<supervisor_state, supervisor_actor>;
  using handle_result = caf::result<caf::strong_actor_ptr>;

  static inline const char* name = "supervisor";

  explicit supervisor_state(pointer self) : self_(self) {}
  supervisor_state(const supervisor_state&) = delete;
  supervisor_state& operator=(const supervisor_state&) = delete;
  ~supervisor_state(); ///< kills what still lives: the supervisor did not end in good order

  void begin(supervisor_spec spec);

  handle_result start(const start_child& request);
  handle_result restart(const restart_child& request);
  caf::result<void> terminate(const terminate_child& request);
  caf::result<void> remove(const delete_child& request);
  handle_result get(const get_child& request);
  child_infos which() const;
  child_counts count() const;

  void on_started(caf::actor_id who);
  void on_deadline();
  void on_restart_due(const restart_due& due);
  void on_down(const caf::down_msg& down);
  void on_exit(caf::error reason);

private:
  using continuation = std::function<void()>;
  using outcome = std::function<void(const caf::error&)>; // the empty error means success
  using group_outcome = std::function<void(const std::string& failed_id, const caf::error&)>;
  using handle_promise = caf::typed_response_promise<caf::strong_actor_ptr>;

  /// A child among those its restart may concern, in start order.
  struct place {
    std::vector<std::string> ids;
    std::vector<restart_type> types;
    std::size_t position = 0;
  };
  place place_of(const child& entry) const;

  std::chrono::steady_clock::time_point now() const;
  bool is_dynamic() const { return spec_.strategy == strategy::dynamic; }
  bool forgets(const child& entry) const; // a stopped child is removed
  std::string lane_of(const std::string& id) const { return is_dynamic() ? id : std::string{}; }
  std::string path_of(const std::string& id) const;

  // One child.
  void bring_up(child& entry, outcome then);
  void bring_down(child& entry, continuation then);
  void kill(child& entry);
  void set_deadline(const child& entry, std::chrono::milliseconds from_now);
  void finish(child& entry, child_phase next, const caf::error& result);
  void answer_start(child& entry, handle_promise promise, bool is_new);

  // Several, one after another.
  void bring_up_all(std::vector<std::string> ids, group_outcome then);
  void bring_down_all(std::vector<std::string> ids, continuation then);

  // Restarts.
  void judge(child& entry, const std::optional<exit_cause>& cause);
  void carry_out(const place& where, const restart_group& group, std::chrono::milliseconds delay);
  void restart_later(child& entry, std::chrono::milliseconds delay, bool counted);
  void give_up(child& entry, const exit_cause& cause);

  // The end.
  void stop_everything(caf::error reason);

  void note(event_kind kind, const child& entry, std::string text = {});

  pointer self_;
  supervisor_spec spec_;
  restart_window history_{0, std::chrono::seconds{1}};
  child_table children_;
  lanes lanes_;
  deadlines deadlines_;
  bool stopping_ = false;
};

} // namespace sandboxd::supervision
