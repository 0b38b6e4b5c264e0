#pragma once

#include "actors/sandbox_client.hpp"
#include "launcher/byte_budget.hpp"
#include "supervision/directory.hpp"

#include <memory>

namespace sandboxd::actors {

/// The front door to the actors of this process. `directory` is that of their tree; shared, since requests
/// may come while the tree is being stopped. Commands that find no room in `command_memory` are refused
/// (`too_busy`).
std::shared_ptr<sandbox_client>
make_local_sandbox_client(std::shared_ptr<const supervision::directory> directory,
                          std::shared_ptr<launcher::byte_budget> command_memory);

} // namespace sandboxd::actors
