#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/group_directory.hpp"
#include "launcher/group_limits.hpp"
#include "launcher/leaf_groups.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sandboxd::launcher {

class group_stock;

/// The control group of one background process and of all that it will ever start. When nobody holds this
/// object any more, whoever is left in the group is killed, and it is removed.
class lent_group {
public:
  lent_group(std::weak_ptr<group_stock> owner, leaf_group leaf);
  ~lent_group();
  lent_group(const lent_group&) = delete;
  lent_group& operator=(const lent_group&) = delete;

  /// For `enter`. For whoever has its process enter, as are the next two.
  [[nodiscard]] std::span<const descriptor> entrances() const noexcept { return leaf_.entrances; }

  /// Its process is in, and nobody else is to enter.
  void close_entrances() { leaf_.entrances.clear(); }

  /// How many processes in it the kernel has killed since there was no memory for them; 0 where that is not
  /// limited.
  [[nodiscard]] std::uint64_t out_of_memory_kills() const {
    return read_out_of_memory_kills(leaf_.memory_events);
  }

  /// Its process has ended: it is removed as soon as nobody is in it, and kept until then.
  static void leave(std::shared_ptr<lent_group> group);

  /// Kills whoever is in it. Any thread.
  void kill() const;

private:
  friend class group_stock;

  const std::weak_ptr<group_stock> owner_;
  leaf_group leaf_;
  std::atomic<bool> is_removed_ = false;
};

/// Makes control groups for background processes, beside those of inits, of which the spawner takes care. A
/// thread of its own has one ready ahead of the next process and removes those that are empty, since the
/// kernel may have it wait for the directories. Any thread.
class group_stock : public std::enable_shared_from_this<group_stock> {
public:
  /// `parents` and `limits`: of `workload_groups`, which removes what is left in them at its end.
  group_stock(std::vector<group_parent> parents, const group_limits& limits);
  ~group_stock();
  group_stock(const group_stock&) = delete;
  group_stock& operator=(const group_stock&) = delete;

  /// A new group. Throws std::system_error where there is none to be had.
  [[nodiscard]] std::shared_ptr<lent_group> lend();

private:
  friend class lent_group;

  static constexpr std::string_view name_prefix = "process-";

  void keep(std::shared_ptr<lent_group> left);
  void take_back(std::string name);
  leaf_group make();
  void begin();
  void work();
  void tend(std::unique_lock<std::mutex>& lock);
  void remove_empty(const std::vector<std::shared_ptr<lent_group>>& kept) const;
  [[nodiscard]] bool has_left() const { return !kept_.empty() || has_killed_; }

  std::mutex making_; // for the next, while the kernel makes and removes directories; not with the other one
  leaf_groups groups_;

  std::mutex mutex_; // for all below, for moments
  std::condition_variable changed_;
  std::optional<leaf_group> ready_;
  bool wants_one_ = true; // and has not tried since the last was lent
  std::vector<std::shared_ptr<lent_group>> kept_;
  std::vector<std::string> returned_;
  bool has_killed_ = false;               // of whom some may not be gone yet
  std::chrono::milliseconds patience_{0}; // until the next attempt to remove what was not empty
  bool is_over_ = false;
  std::thread thread_; // begun with the first group
};

} // namespace sandboxd::launcher
