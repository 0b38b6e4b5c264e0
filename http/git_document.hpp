#pragma once

#include "actors/errors.hpp"
#include "git/clone_exchange.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"
#include "http/git_request.hpp"

#include <string>

namespace sandboxd::http {

/// The members of the answer to a clone that came to its end: to a good one, in dialect A to any.
[[nodiscard]] std::string clone_members(const git_request& request, const git::clone_result& result,
                                        dialect spoken, const std::string& timestamp);

/// What clients of dialect B are told of a clone that git has failed (the table of HTTP.md 7).
[[nodiscard]] error_report clone_error(const git_request& request, const git::clone_result& result);

/// What a client is told of a clone that came to no end of its own.
[[nodiscard]] error_report lost_clone_error(const actors::failure& reason, const git_request& request,
                                            dialect spoken);

/// One event of the stream of a clone: `json`, an object, with its type; ASCII alone.
[[nodiscard]] std::string clone_event(const std::string& type, const std::string& json);

} // namespace sandboxd::http
