#pragma once

#include "config/settings.hpp"
#include "supervision/child_spec.hpp"

#include <cstddef>
#include <string>

/// The parts of which the trees of the sandbox and of its interpreters are made.
namespace sandboxd::actors {

/// A supervisor's spec with the configured restart intensity, without children.
[[nodiscard]] supervision::supervisor_spec with_limits(const config::supervision_settings& settings);

/// A permanent child with defaults for everything else.
[[nodiscard]] supervision::child_spec worker(std::string id, supervision::start_function start);

/// A supervisor whose children come and go; `max_children` 0: no limit.
[[nodiscard]] supervision::child_spec dynamic_supervisor(std::string id,
                                                         const config::supervision_settings& settings,
                                                         std::size_t max_children = 0);

} // namespace sandboxd::actors
