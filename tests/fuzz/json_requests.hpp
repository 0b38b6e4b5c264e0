#pragma once

#include "http/dialect.hpp"

#include <nlohmann/json_fwd.hpp>

namespace sandboxd::fuzz {

/// Gives a body to the readers of all requests that have one, but for those with rules of their own (paths,
/// repositories). Each must refuse it with the name of a field, or make a request of it that is within
/// bounds.
void check_json_requests(const nlohmann::ordered_json& body, http::dialect spoken);

} // namespace sandboxd::fuzz
