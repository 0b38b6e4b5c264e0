#pragma once

#include "actors/port_client.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

/// What clients ask of the ports of a sandbox (HTTP.md 8).
namespace sandboxd::http {

/// A port that a client wants exposed.
struct expose_request {
  std::uint16_t port = 0;
  std::string name; ///< empty: none
};

/// Longest name of an exposed port, in bytes.
inline constexpr std::size_t max_port_name_bytes = 256;

/// Reads the body of an exposure.
[[nodiscard]] std::variant<expose_request, error_report> read_expose_request(nlohmann::ordered_json& body,
                                                                             dialect spoken);

/// Reads the member `port` of a body, of any other request.
[[nodiscard]] std::variant<std::uint16_t, error_report> read_port(const nlohmann::ordered_json& body,
                                                                  dialect spoken);

/// Reads a port that stands in a path.
[[nodiscard]] std::variant<std::uint16_t, error_report> parse_port(std::string_view text);

/// Reads the body of a check or a watch; a check ignores `processId` and `interval`.
[[nodiscard]] std::variant<actors::port_watch_request, error_report>
read_port_watch_request(nlohmann::ordered_json& body);

} // namespace sandboxd::http
