#pragma once

#include "actors/services.hpp"
#include "supervision/child_spec.hpp"
#include "supervision/directory.hpp"

#include <memory>

namespace sandboxd::actors {

/// The supervisor "sandbox" with everything below it but sessions: launcher, and the workload (sessions,
/// executions and their manager).
/// `directory` is that of the tree.
supervision::child_spec sandbox_tree(const services_ptr& context,
                                     const std::shared_ptr<const supervision::directory>& directory);

} // namespace sandboxd::actors
