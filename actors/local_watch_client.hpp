#pragma once

#include "actors/services.hpp"
#include "actors/watch_client.hpp"
#include "supervision/directory.hpp"

#include <memory>

namespace sandboxd::actors {

/// The front door to the watches of this process's sandbox. `directory` is that of its tree; shared, since
/// requests may come while the tree is being stopped.
std::shared_ptr<watch_client> make_local_watch_client(std::shared_ptr<const supervision::directory> directory,
                                                      services_ptr context);

} // namespace sandboxd::actors
