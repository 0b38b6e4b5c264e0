#pragma once

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace sandboxd::launcher {

/// The workspace and `isolation.writable`: where workloads may write when `isolation.level` is strict.
/// Without links in their paths, those that are no directories, that lie in another one or in file systems of
/// the kernel left out. To be asked before any workload runs, which could put a link in the place of one that
/// lies in another.
std::vector<std::string> writable_places(const config::settings& settings);

} // namespace sandboxd::launcher
