#pragma once

#include <optional>
#include <string>

namespace sandboxd::launcher {

/// Where a link of the kernel's own (/proc/<pid>/cwd, /proc/self/fd/<n>) leads to, as a path from the
/// directory `root` (a descriptor of any kind). The kernel tells such a path from the reader's root; of
/// another mount namespace, and in a reader that runs below a root of its own (chroot(2)), it is one from
/// that namespace's mounts, where `root` has a longer name than `/`. What does not lie below `root` keeps the
/// path the kernel tells. Nothing, with errno, when the link cannot be read. Any thread.
std::optional<std::string> path_in_root(int root, const std::string& link);

} // namespace sandboxd::launcher
