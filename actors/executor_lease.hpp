#pragma once

#include "actors/executor_dialogue.hpp"
#include "supervision/trace.hpp"

#include <cstdint>
#include <memory>
#include <utility>

namespace sandboxd::actors {

/// An executor that takes requests, for whoever holds it: it ends with its last holder, and none is used
/// twice.
struct executor_lease {
  executor_lease(std::uint64_t which, std::shared_ptr<executor_dialogue> with,
                 supervision::actor_path lives_at = nullptr)
      : number(which), dialogue(std::move(with)), actor(std::move(lives_at)) {}
  executor_lease(const executor_lease&) = delete;
  executor_lease& operator=(const executor_lease&) = delete;
  ~executor_lease() {
    if (dialogue)
      dialogue->kill("because nobody used it any more");
  }

  const std::uint64_t number; ///< within its pool
  const std::shared_ptr<executor_dialogue> dialogue;
  const supervision::actor_path actor; ///< the executor's place in the tree; null: it has none
};
using lent_executor = std::shared_ptr<const executor_lease>;

} // namespace sandboxd::actors
