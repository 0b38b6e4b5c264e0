#include "http/request_session.hpp"

#include "http/url.hpp"

#include <utility>

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

session_choice read_session(const request& sent, field_reader& fields, dialect spoken) {
  auto id = fields.text("sessionId");
  if (!id || id->empty())
    id = session_outside_body(sent);
  if (!id)
    return {std::string(default_session)};
  fields.check_session_id("sessionId", *id);
  const bool must_exist = spoken == dialect::a && !is_default_session_of_a(*id);
  return {std::move(*id), must_exist ? actors::if_missing::refuse : actors::if_missing::create};
}

} // namespace sandboxd::http
