#pragma once

#include "http/request_head.hpp"
#include "ports/response_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

/// What becomes of the heads that pass the proxy (RFC 9110 section 7.6): what concerns one connection alone
/// is taken out, what the receiver needs to know is put in.
namespace sandboxd::http {

/// Where a request to the proxy is to go.
struct relay_target {
  std::uint16_t port = 0;
  std::string target; ///< of the request to the service: path and query
};

/// Whether a request target is one of the proxy's, good or bad.
[[nodiscard]] bool is_relayed(std::string_view target);

/// Reads `/proxy/{port}`, `/proxy/{port}/...`, with any query; 400 for anything else (HTTP.md 8.2).
[[nodiscard]] std::variant<relay_target, refusal> read_relay_target(std::string_view target);

/// The first connection a message passes, for `Forwarded`-like fields.
struct relay_origin {
  std::string client_address; ///< as `address_of(peer)` says
  std::string request_id;
  bool hides_authorization = false; ///< that of the request is for us alone
};

/// The head of the request to the service. `head` must be complete.
[[nodiscard]] std::string relayed_request(const request_head& head, const relay_target& to,
                                          const relay_origin& from);

/// What the client is told of its connection.
struct relayed_form {
  int minor_version = 1; ///< of the client's request
  bool keep_alive = true;
  std::string_view request_id;
};

/// The head of the answer to the client, an informational one or that of a switch of protocols included.
[[nodiscard]] std::string relayed_response(const ports::response_head& head, const relayed_form& form);

/// Whether a request may be sent a second time when a connection that was kept turns out to be closed: its
/// method is idempotent (RFC 9110 section 9.2.2) and it has no body.
[[nodiscard]] bool may_be_repeated(const request_head& head);

/// Whether it asks for another protocol (only ever WebSocket; the scanner drops other offers).
[[nodiscard]] bool asks_for_upgrade(const request_head& head);

/// Whether the client wants its connection kept.
[[nodiscard]] bool wants_keep_alive(const request_head& head);

} // namespace sandboxd::http
