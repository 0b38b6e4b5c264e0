#pragma once

#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/trace.hpp"

#include <string>
#include <vector>

/// What is to be known before a request is cut.
namespace sandboxd::sandboxctl {

/// Throws `failure` when the request has ended.
void require_under_way(const traced_request& request);

/// Throws `failure`, which lists them, when the request id or trace id is that of several of these.
void require_only_one(const std::string& id, const std::vector<traced_request>& open);

/// What happens to the request, for somebody who is to confirm it.
[[nodiscard]] std::string what_cut_does(const traced_request& request, utc_time now);

} // namespace sandboxd::sandboxctl
