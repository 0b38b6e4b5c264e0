#pragma once

#include "bench/plan.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string_view>
#include <vector>

namespace sandboxd::bench {

/// Names of the rows that `measure_row` knows.
const std::vector<std::string_view>& row_names();

/// Measures one row on all targets in turn. Returns for every target that has what the row measures, keyed by
/// its name, a `tally::summary`; for the rows of the proxy as well that of its service asked without it, as
/// `direct`. Setting sessions up and ending them is neither timed nor counted. Throws std::invalid_argument
/// for an unknown row and std::runtime_error when a session cannot be set up.
nlohmann::json measure_row(std::string_view name, const std::vector<target>& targets, const row_plan& plan);

} // namespace sandboxd::bench
