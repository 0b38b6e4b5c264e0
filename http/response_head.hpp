#pragma once

#include "http/exchange.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// How the end of a response body is told to the client.
enum class response_framing {
  counted,     ///< Content-Length
  chunked,     ///< Transfer-Encoding: chunked
  until_close, ///< the end of the connection (HTTP/1.0)
};

/// The part of a response head that the transport decides.
struct response_form {
  response_framing framing = response_framing::counted;
  std::size_t content_length = 0; ///< when counted
  bool keep_alive = true;
  std::string_view request_id;
  bool any_origin = true; ///< whether pages of any origin may read it (CORS)
};

/// Status line and header lines with the empty line, ready to send. Of `headers` those are left out that the
/// transport decides itself: Connection, Content-Length, Transfer-Encoding, Date, X-Request-Id and CORS; line
/// breaks inside a value become spaces.
[[nodiscard]] std::string response_head(int status, const header_list& headers, const response_form& form);

/// The CORS lines of every response that pages of any origin may read (HTTP.md 1.3).
[[nodiscard]] std::string_view cors_header_lines();

/// Whether a response of this status never has a body (RFC 9110 section 6.4.1).
[[nodiscard]] bool is_bodiless(int status);

} // namespace sandboxd::http
