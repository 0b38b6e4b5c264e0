#pragma once

#include "actors/process_client.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"
#include "http/exchange.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace sandboxd::http {

/// Longest id of a process that is accepted, in bytes (HTTP.md 5.2).
inline constexpr std::size_t max_process_id_bytes = 256;

/// Checks the body of a request to start a process and turns it into a message (HTTP.md 5.2). `now` and
/// `random` make the id of a process whose client gives none.
[[nodiscard]] std::variant<actors::process_request, error_report>
read_process_request(const request& sent, nlohmann::ordered_json& body, dialect spoken,
                     std::size_t max_command_bytes, std::chrono::system_clock::time_point now,
                     std::uint64_t random);

/// Bytes for the standard input of a process.
struct process_input_request {
  std::string bytes;
  bool close = false; ///< it ends after them
};

/// Reads `{data?, encoding?: "utf8" | "base64", close?}`, an extension of ours.
[[nodiscard]] std::variant<process_input_request, error_report>
read_process_input(nlohmann::ordered_json& body);

} // namespace sandboxd::http
