#pragma once

#include "actors/git_client.hpp"
#include "actors/services.hpp"
#include "supervision/directory.hpp"

#include <memory>

namespace sandboxd::actors {

/// The git client of the daemon's own actors, found by their paths.
std::shared_ptr<git_client> make_local_git_client(std::shared_ptr<const supervision::directory> directory,
                                                  services_ptr context);

} // namespace sandboxd::actors
