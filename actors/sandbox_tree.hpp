#pragma once

#include "actors/services.hpp"
#include "supervision/child_spec.hpp"

namespace sandboxd::actors {

/// The supervisor "sandbox" with everything below it but sessions: launcher, and the workload (sessions,
/// executions and their manager).
supervision::child_spec sandbox_tree(const services_ptr& context);

} // namespace sandboxd::actors
