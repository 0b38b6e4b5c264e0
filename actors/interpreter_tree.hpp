#pragma once

#include "actors/services.hpp"
#include "supervision/child_spec.hpp"

namespace sandboxd::actors {

/// The code interpreter (see `interfaces.hpp` for the drawing).
[[nodiscard]] supervision::child_spec interpreter_tree(const services_ptr& context);

} // namespace sandboxd::actors
