#pragma once

#include "actors/services.hpp"
#include "actors/watch_source.hpp"
#include "supervision/directory.hpp"

#include <memory>

namespace sandboxd::actors {

/// Sources that watch this machine's files below the workspace. Descriptors are closed by a worker of the
/// pool, since that may take tens of milliseconds. `directory` is that of the pool's tree.
[[nodiscard]] watch_source_factory
make_local_watch_sources(services_ptr context, std::shared_ptr<const supervision::directory> directory);

} // namespace sandboxd::actors
