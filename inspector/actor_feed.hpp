#pragma once

#include "supervision/directory.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sandboxd::inspector {

/// What has changed in the directory since one reader looked last; an actor for which messages wait always
/// has, since they get older. Of one that was neither told something nor has handled anything, nothing but a
/// few atomics is read. For one thread.
class actor_feed {
public:
  using record_ptr = std::shared_ptr<supervision::actor_record>;

  struct changes {
    std::vector<record_ptr> changed; ///< in no order; all of them at first
    std::vector<std::string> gone;   ///< paths at which nobody lives any more
  };

  explicit actor_feed(std::shared_ptr<const supervision::directory> actors) : actors_(std::move(actors)) {}

  changes look();

private:
  /// Held, so that no other record gets its address.
  struct seen {
    record_ptr record;
    std::uint64_t version = 0;
    std::uint64_t messages = 0;
    std::uint64_t look = 0;
  };

  std::shared_ptr<const supervision::directory> actors_;
  std::unordered_map<const supervision::actor_record*, seen> seen_;
  std::uint64_t looks_ = 0;
};

} // namespace sandboxd::inspector
