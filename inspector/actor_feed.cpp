#include "inspector/actor_feed.hpp"

namespace sandboxd::inspector {

namespace {

/// What still comes to an actor that has ended is thrown away unread.
bool is_waited_for(const supervision::actor_record& record) {
  return record.mailbox().has_messages() && record.phase() != supervision::actor_phase::exited;
}

} // namespace

actor_feed::changes actor_feed::look() {
  changes found;
  ++looks_;
  for (auto& record : actors_->records()) {
    const auto version = record->version();
    const auto messages = record->mailbox().movements();
    auto [entry, is_new] = seen_.try_emplace(record.get());
    auto& before = entry->second;
    before.look = looks_;
    if (!is_new && before.version == version && before.messages == messages && !is_waited_for(*record))
      continue;
    before.version = version;
    before.messages = messages;
    if (is_new)
      before.record = record;
    found.changed.push_back(std::move(record));
  }
  std::erase_if(seen_, [&](const auto& entry) {
    const auto& one = entry.second;
    if (one.look == looks_)
      return false;
    if (!actors_->record(one.record->path())) // else a restarted one has its path
      found.gone.push_back(one.record->path());
    return true;
  });
  return found;
}

} // namespace sandboxd::inspector
