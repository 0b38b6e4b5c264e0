#pragma once

#include "actors/port_client.hpp"
#include "actors/services.hpp"
#include "supervision/directory.hpp"

#include <memory>

namespace sandboxd::actors {

/// The port client of a sandbox in this process.
[[nodiscard]] std::shared_ptr<port_client>
make_local_port_client(std::shared_ptr<const supervision::directory> directory, services_ptr context);

} // namespace sandboxd::actors
