#include "http/request_session.hpp"

#include "http/url.hpp"

namespace sandboxd::http {

bool is_default_session_of_a(std::string_view id) {
  return id.starts_with("sandbox-");
}

std::optional<std::string> session_outside_body(const request& sent) {
  constexpr std::string_view bearer = "Bearer ";
  if (const std::string* authorization = sent.header("Authorization");
      authorization != nullptr && authorization->size() > bearer.size() && authorization->starts_with(bearer))
    return authorization->substr(bearer.size());
  if (const std::string* header = sent.header("X-Session-Id"); header != nullptr && !header->empty())
    return *header;
  for (const std::string_view name : {"session", "sessionId"})
    if (std::optional<std::string> value = query_value(sent.query, name); value && !value->empty())
      return value;
  return std::nullopt;
}

} // namespace sandboxd::http
