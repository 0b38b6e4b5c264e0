#pragma once

#include "git/clone_exchange.hpp"

#include <functional>
#include <string>

namespace sandboxd::git {

/// Clones with libgit2: blocks as long as it takes, and cannot be called off but by ending the process. Runs
/// no program, hook or filter and clones no submodule. What it has made when it fails is left lying.
/// `on_progress` is called ten times a second at most.
[[nodiscard]] clone_result clone_by_library(const clone_order& order,
                                            const std::function<void(const clone_progress&)>& on_progress);

} // namespace sandboxd::git
