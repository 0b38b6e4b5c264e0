#include "http/bearer_token.hpp"

#include "http/exchange.hpp"

#include <cstddef>
#include <utility>

namespace sandboxd::http {

namespace {

/// Looks at every byte, whatever the first ones are.
bool equal_in_constant_time(std::string_view given, std::string_view secret) noexcept {
  if (given.size() != secret.size())
    return false;
  unsigned char difference = 0;
  for (std::size_t at = 0; at < given.size(); ++at)
    difference = static_cast<unsigned char>(difference | (given[at] ^ secret[at]));
  return difference == 0;
}

} // namespace

bearer_token::bearer_token(std::string secret) : secret_(std::move(secret)) {}

bool bearer_token::is_in(std::string_view authorization) const noexcept {
  constexpr std::string_view scheme = "Bearer";
  if (!same_field_name(authorization.substr(0, scheme.size()), scheme))
    return false;
  authorization.remove_prefix(scheme.size());
  const auto begin = authorization.find_first_not_of(' ');
  if (begin == 0 || begin == std::string_view::npos) // no space, or nothing behind it
    return false;
  return equal_in_constant_time(authorization.substr(begin), secret_);
}

} // namespace sandboxd::http
