#include "supervision/child_table.hpp"

#include <iterator>
#include <utility>

namespace sandboxd::supervision {

child* child_table::find(const std::string& id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &*found->second;
}

child* child_table::find(caf::actor_id incarnation) {
  const auto found = by_actor_.find(incarnation);
  return found == by_actor_.end() ? nullptr : found->second;
}

child& child_table::add(child entry) {
  order_.push_back(std::move(entry));
  by_id_[order_.back().spec.id] = std::prev(order_.end());
  return order_.back();
}

void child_table::bind(child& entry, const caf::strong_actor_ptr& actor) {
  entry.handle = actor;
  entry.incarnation = actor->id();
  ++entry.incarnations;
  by_actor_[entry.incarnation] = &entry;
}

void child_table::unbind(const child& entry) {
  by_actor_.erase(entry.incarnation);
}

void child_table::remove(const std::string& id) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end())
    return;
  unbind(*found->second);
  order_.erase(found->second);
  by_id_.erase(found);
}

} // namespace sandboxd::supervision
