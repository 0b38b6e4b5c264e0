#include "ports/probe_target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace sandboxd::ports {

namespace {

constexpr std::array<std::string_view, 3> own_names{"localhost", "127.0.0.1", "[::1]"};
constexpr std::string_view scheme = "http:";
constexpr std::string_view default_port = "80";

bool same_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

/// Whether `host:port` means this service.
bool is_own(std::string_view authority, std::uint16_t port) {
  const auto colon = authority.rfind(':');
  const bool has_port = colon != std::string_view::npos && !authority.ends_with(']');
  const auto host = authority.substr(0, has_port ? colon : authority.size());
  const auto number = has_port ? authority.substr(colon + 1) : default_port;
  return number == std::to_string(port) && std::any_of(own_names.begin(), own_names.end(), [&](auto name) {
           return same_ignoring_case(host, name);
         });
}

} // namespace

std::string probe_target(std::string_view path) {
  path = path.substr(0, path.find('#'));
  std::string target = path.starts_with('/') ? "" : "/";
  for (const char byte : path) {
    const auto value = static_cast<unsigned char>(byte);
    if (value <= ' ' || value >= 0x7f || byte == '"' || byte == '<' || byte == '>')
      target += fmt::format("%{:02X}", value);
    else
      target += byte;
  }
  return target;
}

std::optional<std::string> redirect_target(std::string_view location, std::string_view from,
                                           std::uint16_t port) {
  if (same_ignoring_case(location.substr(0, scheme.size()), scheme))
    location.remove_prefix(scheme.size());
  else if (const auto colon = location.find(':'); colon < location.find_first_of("/?#"))
    return std::nullopt; // another scheme
  if (location.starts_with("//")) {
    location.remove_prefix(2);
    const auto end = std::min(location.find_first_of("/?#"), location.size());
    if (!is_own(location.substr(0, end), port))
      return std::nullopt;
    location.remove_prefix(end);
    return probe_target(location);
  }
  if (location.starts_with('/'))
    return probe_target(location);
  const auto base = from.substr(0, from.find('?'));
  if (location.starts_with('?'))
    return probe_target(fmt::format("{}{}", base, location));
  return probe_target(fmt::format("{}{}", base.substr(0, base.rfind('/') + 1), location));
}

} // namespace sandboxd::ports
