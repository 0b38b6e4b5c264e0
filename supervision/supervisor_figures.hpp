#pragma once

#include "supervision/restart_window.hpp"
#include "supervision/verdict.hpp"

namespace sandboxd::supervision {

/// What a supervisor tells of itself: whom a restart concerns, and how much of its restart budget is used.
struct supervisor_figures {
  supervision::strategy strategy = strategy::one_for_one;
  restart_window restarts{0, {}}; ///< as of the last restart
};

} // namespace sandboxd::supervision
