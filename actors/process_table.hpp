#pragma once

#include "actors/tracked_process.hpp"

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <vector>

namespace sandboxd::actors {

/// All background processes of the sandbox, those that are over too, in order of their start. It outlives the
/// actors, so no crash of one loses a record. Any thread.
class process_table {
public:
  /// What became of an attempt to enter a process.
  enum class outcome { entered, id_in_use, full };
  using processes = std::vector<tracked_process_ptr>;

  /// Enters a process, in the place of a finished one of its id. Refused while one of its id lives, and while
  /// `max_running` others do. Of the finished ones the oldest are moved to `dropped` beyond `max_finished`:
  /// the end of their files may wait for the disk.
  outcome enter(const tracked_process_ptr& process, std::size_t max_running, std::size_t max_finished,
                processes& dropped);

  /// Takes a process out that never was one.
  void remove(const tracked_process_ptr& process);

  /// The process of this id, or null.
  [[nodiscard]] tracked_process_ptr find(const std::string& id) const;

  /// All of them, or those of one session.
  [[nodiscard]] processes all(const std::string* session = nullptr) const;

private:
  mutable std::mutex mutex_;
  std::list<tracked_process_ptr> processes_;
};

} // namespace sandboxd::actors
