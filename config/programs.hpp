#pragma once

/// The programs of ours that the daemon starts, as paths below `sandbox.program-directory`.
namespace sandboxd::config::programs {

/// Forks the inits of sessions (`launcher/spawner_process.cpp`).
inline constexpr const char* spawner = "launcher/sandboxd-spawner";
/// Makes one clone (`git/worker.cpp`).
inline constexpr const char* git_worker = "git/sandboxd-git-worker";
/// Directory of the executors: `python/`, `node/` and the next one.
inline constexpr const char* interpreters = "interpreters";
/// PID 1 of the namespace of a Python executor (`interpreters/namespace_init.cpp`).
inline constexpr const char* namespace_init = "interpreters/sandboxd-namespace-init";

} // namespace sandboxd::config::programs
