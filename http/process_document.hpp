#pragma once

#include "actors/process_client.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"
#include "http/json_document.hpp"

#include <string>
#include <string_view>

/// What clients are told of background processes (HTTP.md 5).
namespace sandboxd::http {

[[nodiscard]] std::string_view to_string(actors::process_status status);

/// A record as JSON. What is not known yet is null; clients of dialect B find it left out.
[[nodiscard]] std::string record_json(const actors::process_record& record, dialect spoken);

/// The answer to a request for the output of a process. What was dropped is told in its place.
[[nodiscard]] json_document logs_document(const actors::tracked_process_ptr& process, dialect spoken,
                                          const std::string& timestamp);

/// What stands in the place of output that was dropped.
[[nodiscard]] std::string dropped_mark(std::uint64_t bytes);

/// What a client is told of a failed operation on a process. `a_text`: what dialect A calls it.
[[nodiscard]] error_report process_error(const actors::failure& reason, std::string_view id,
                                         std::string_view a_text, dialect spoken);

} // namespace sandboxd::http
