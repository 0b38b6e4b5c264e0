#pragma once

#include "supervision/directory.hpp"
#include "supervision/journal.hpp"
#include "supervision/trace_log.hpp"

#include <cstddef>
#include <memory>

namespace sandboxd::supervision {

/// What one tree of actors writes about itself: who lives (directory), what happened (journal), and what is
/// done for whom (traces). Made once before the root supervisor; shared, because actors may outlive whoever
/// made it.
struct observer {
  explicit observer(std::size_t journal_capacity = 1024) : events(journal_capacity) {}

  std::shared_ptr<directory> actors = std::make_shared<directory>();
  journal events;
  trace_log traces;
};

using observer_ptr = std::shared_ptr<observer>;

} // namespace sandboxd::supervision
