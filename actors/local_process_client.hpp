#pragma once

#include "actors/process_client.hpp"
#include "actors/services.hpp"
#include "supervision/directory.hpp"

#include <memory>

namespace sandboxd::actors {

/// The front door to the background processes of this process's sandbox. `directory` is that of its tree;
/// shared, since requests may come while the tree is being stopped.
std::shared_ptr<process_client>
make_local_process_client(std::shared_ptr<const supervision::directory> directory, services_ptr context);

} // namespace sandboxd::actors
