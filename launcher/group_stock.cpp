#include "launcher/group_stock.hpp"

#include "launcher/quiet_thread.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <system_error>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// Between two attempts to remove groups in which somebody was: twice as long each time, since one whose
/// process has left a server behind stays as long as that does.
constexpr std::chrono::milliseconds least_patience{20};
constexpr std::chrono::milliseconds most_patience{2000};

[[noreturn]] void fail(int error) {
  throw std::system_error(error, std::generic_category(), "make a control group");
}

} // namespace

lent_group::lent_group(std::weak_ptr<group_stock> owner, leaf_group leaf)
    : owner_(std::move(owner)), leaf_(std::move(leaf)) {}

lent_group::~lent_group() {
  if (const auto owner = is_removed_ ? nullptr : owner_.lock())
    owner->take_back(std::move(leaf_.name));
}

void lent_group::leave(std::shared_ptr<lent_group> group) {
  group->leaf_.memory_events.reset(); // one descriptor for each server that a script has left behind
  if (const auto owner = group->owner_.lock())
    owner->keep(std::move(group));
}

void lent_group::kill() const {
  if (const auto owner = is_removed_ ? nullptr : owner_.lock())
    owner->groups_.kill(leaf_.name);
}

group_stock::group_stock(std::vector<group_parent> parents, const group_limits& limits)
    : groups_(std::move(parents), limits, std::string(name_prefix)) {}

group_stock::~group_stock() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable())
    thread_.join();
}

std::shared_ptr<lent_group> group_stock::lend() {
  std::unique_lock lock(mutex_);
  begin();
  auto leaf = std::exchange(ready_, std::nullopt);
  wants_one_ = true;
  changed_.notify_all();
  lock.unlock();
  return std::make_shared<lent_group>(weak_from_this(), leaf ? std::move(*leaf) : make());
}

/// A process is no child of ours when it enters, and so is moved in version 2, too, and there first: that is
/// where all who are in a group can be killed.
leaf_group group_stock::make() {
  const std::lock_guard lock(making_);
  int error = 0;
  auto leaf = groups_.make(true, error);
  if (!leaf)
    fail(error);
  descriptor entrance(::openat(leaf->directory.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC));
  if (!entrance) {
    error = errno;
    groups_.release(std::move(leaf->name));
    fail(error);
  }
  leaf->entrances.insert(leaf->entrances.begin(), std::move(entrance));
  leaf->directory.reset();
  return std::move(*leaf);
}

void group_stock::keep(std::shared_ptr<lent_group> left) {
  const std::lock_guard lock(mutex_);
  kept_.push_back(std::move(left));
  patience_ = least_patience;
  changed_.notify_all();
}

void group_stock::take_back(std::string name) {
  groups_.kill(name); // at once, whatever the thread is at
  const std::lock_guard lock(mutex_);
  returned_.push_back(std::move(name));
  patience_ = least_patience;
  changed_.notify_all();
}

void group_stock::begin() {
  if (!thread_.joinable())
    thread_ = quiet_thread([this] { work(); });
}

void group_stock::work() {
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    tend(lock);
    const auto is_wanted = [this] { return is_over_ || wants_one_ || !returned_.empty(); };
    const auto has_news = [&, known = kept_.size()] { return is_wanted() || kept_.size() > known; };
    if (!has_left())
      changed_.wait(lock, has_news);
    else if (!changed_.wait_for(lock, patience_, has_news))
      patience_ = std::clamp(2 * patience_, least_patience, most_patience);
  }
}

/// Gives up the lock meanwhile. Where no group can be made, the next process is told why.
void group_stock::tend(std::unique_lock<std::mutex>& lock) {
  auto returned = std::exchange(returned_, {});
  auto kept = kept_;
  const bool is_short = std::exchange(wants_one_, false) && !ready_;
  lock.unlock();
  std::optional<leaf_group> made;
  try {
    if (is_short)
      made = make();
  } catch (const std::system_error&) {
    made = std::nullopt;
  }
  bool has_killed = false;
  {
    const std::lock_guard making(making_);
    for (auto& name : returned)
      groups_.release(std::move(name));
    groups_.sweep();
    has_killed = groups_.has_left();
  }
  remove_empty(kept);
  lock.lock();
  has_killed_ = has_killed;
  if (made)
    ready_ = std::move(made);
  std::erase_if(kept_, [](const auto& group) { return group->is_removed_.load(); });
}

void group_stock::remove_empty(const std::vector<std::shared_ptr<lent_group>>& kept) const {
  for (const auto& group : kept)
    group->is_removed_ = groups_.remove(group->leaf_.name);
}

} // namespace sandboxd::launcher
