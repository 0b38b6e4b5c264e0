#include "inspector/host_rule.hpp"

#include <asio/ip/address.hpp>

#include <algorithm>
#include <string>
#include <system_error>

namespace sandboxd::inspector {

namespace {

bool is_port(std::string_view text) {
  return std::ranges::all_of(text, [](char digit) { return digit >= '0' && digit <= '9'; });
}

bool is_address(std::string_view text, bool is_bracketed) {
  std::error_code error;
  const auto address = asio::ip::make_address(std::string(text), error);
  return !error && address.is_v6() == is_bracketed;
}

} // namespace

bool is_harmless_host(std::string_view host) {
  const auto colon = host.rfind(':');
  const bool is_bracketed = host.starts_with('[');
  if (colon != std::string_view::npos && is_port(host.substr(colon + 1)) &&
      (!is_bracketed || host[colon - 1] == ']'))
    host = host.substr(0, colon);
  if (is_bracketed)
    return host.ends_with(']') && is_address(host.substr(1, host.size() - 2), true);
  return host == "localhost" || is_address(host, false);
}

} // namespace sandboxd::inspector
