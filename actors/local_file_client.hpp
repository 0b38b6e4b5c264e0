#pragma once

#include "actors/file_client.hpp"
#include "actors/services.hpp"
#include "supervision/directory.hpp"

#include <memory>

namespace sandboxd::actors {

/// The front door to the files of this process's sandbox. `directory` is that of its tree; shared, since
/// requests may come while the tree is being stopped.
std::shared_ptr<file_client> make_local_file_client(std::shared_ptr<const supervision::directory> directory,
                                                    services_ptr context);

} // namespace sandboxd::actors
