#include "supervision/directory.hpp"

#include "supervision/injected_fault.hpp"

#include <caf/actor.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <utility>

namespace sandboxd::supervision {

directory::registration::registration(std::shared_ptr<directory> owner, std::shared_ptr<actor_record> record)
    : owner_(std::move(owner)), record_(std::move(record)) {}

directory::registration& directory::registration::operator=(registration&& other) noexcept {
  if (this != &other) {
    reset();
    owner_ = std::move(other.owner_);
    record_ = std::move(other.record_);
  }
  return *this;
}

void directory::registration::reset() noexcept {
  if (owner_ && record_)
    owner_->leave(record_);
  owner_.reset();
  record_.reset();
}

directory::registration directory::enter(std::shared_ptr<actor_record> record) {
  if (!record->path().empty()) {
    const std::lock_guard lock{mutex_};
    records_[record->path()] = record;
  }
  return {shared_from_this(), std::move(record)};
}

void directory::leave(const std::shared_ptr<actor_record>& record) noexcept {
  const std::lock_guard lock{mutex_};
  const auto entry = records_.find(record->path());
  if (entry != records_.end() && entry->second == record)
    records_.erase(entry);
}

std::shared_ptr<actor_record> directory::record(const std::string& path) const {
  const std::shared_lock lock{mutex_};
  const auto entry = records_.find(path);
  return entry == records_.end() ? nullptr : entry->second;
}

caf::strong_actor_ptr directory::find(const std::string& path) const {
  const auto entry = record(path);
  return entry && entry->phase() != actor_phase::exited ? entry->actor() : nullptr;
}

std::vector<std::shared_ptr<actor_record>> directory::records() const {
  std::vector<std::shared_ptr<actor_record>> all;
  const std::shared_lock lock{mutex_};
  all.reserve(records_.size());
  for (const auto& [path, record] : records_)
    all.push_back(record);
  return all;
}

std::vector<actor_snapshot> directory::snapshot() const {
  auto records = this->records();
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a->path() < b->path(); });
  std::vector<actor_snapshot> view;
  view.reserve(records.size());
  const auto now = actor_record::clock::now();
  for (const auto& record : records)
    view.push_back(record->snapshot(now));
  return view;
}

std::vector<std::string> directory::kinds() const {
  std::vector<std::string> kinds;
  {
    const std::shared_lock lock{mutex_};
    for (const auto& [path, record] : records_)
      kinds.push_back(record->kind());
  }
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  return kinds;
}

std::size_t directory::size() const {
  const std::shared_lock lock{mutex_};
  return records_.size();
}

bool directory::inject_fault(const std::string& path, std::string text) const {
  const auto target = find<caf::actor>(path);
  if (!target)
    return false;
  caf::anon_send(target, injected_fault{std::move(text)});
  return true;
}

} // namespace sandboxd::supervision
