#pragma once

#include "supervision/exit_cause.hpp"
#include "supervision/restart_window.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace sandboxd::supervision {

/// When a child that ended is started again (OTP `restart`).
enum class restart_type {
  permanent, ///< always
  transient, ///< only after `killed` or `failure`
  temporary, ///< never; the child is forgotten when it ends
};

/// Whom one child's restart concerns (OTP `strategy`).
enum class strategy {
  one_for_one,  ///< the child alone
  one_for_all,  ///< all children
  rest_for_one, ///< the child and those started after it
  dynamic,      ///< the child alone; children come and go by id (OTP `simple_one_for_one`)
};

std::string_view to_string(restart_type type) noexcept;
std::string_view to_string(strategy strategy) noexcept;

/// Whom a restart concerns, as positions among the children in start order.
struct restart_group {
  std::vector<std::size_t> stop;  ///< siblings to stop first, in this order (reverse start order)
  std::vector<std::size_t> start; ///< then to start, in this order (start order)
};

/// The group of a restart of child `failed`, which itself is not running any more. Temporary siblings are
/// stopped with the others but not started again; siblings that were stopped by request are started too, as
/// in OTP.
restart_group group_of(strategy strategy, const std::vector<restart_type>& children, std::size_t failed);

/// What a supervisor has to decide: one of its children is not running any more.
struct restart_question {
  supervision::strategy strategy = strategy::one_for_one;
  std::vector<restart_type> children; ///< restart types of all children, in start order
  std::size_t failed = 0;             ///< position of the child in question
  /// Why it ended. Empty: it could not be started again, and a restart is being tried once more.
  std::optional<exit_cause> cause;
  restart_window history; ///< restarts so far
  restart_window::clock::time_point now;
};

/// What a supervisor has to do.
struct verdict {
  enum class action {
    forget,  ///< remove the child and its spec
    rest,    ///< leave the child stopped, keep its spec
    restart, ///< stop and start `group`
    give_up, ///< too many restarts: stop all children, then end with `shutdown`
  };
  action what = action::rest;
  restart_group group;
  restart_window history; ///< restarts including this one
};

/// The restart rule of OTP's supervisor.erl (`do_restart` and `restart`), as a pure function.
/// Restarts are counted (and may exceed the limit) only when a restart is due.
verdict decide(const restart_question& question);

/// The seam through which a test may give a supervisor another rule.
using restart_rule = std::function<verdict(const restart_question&)>;

} // namespace sandboxd::supervision
