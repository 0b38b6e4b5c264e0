#pragma once

namespace sandboxd::git {

/// The helper of one clone (`sandboxd --git-worker`): takes its order from the environment, clones in a child
/// of its own, writes progress and one result to standard output and returns the exit status of the process.
///
/// SIGTERM and the like end the clone without a result. Whether it fails, is ended, or its child crashes:
/// what it has made is removed before this is told.
[[nodiscard]] int run_worker();

} // namespace sandboxd::git
