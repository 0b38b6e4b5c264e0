#include "inspector/sandboxctl/address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace sandboxd::sandboxctl {

namespace {

constexpr std::string_view scheme = "http://";

bool is_unreserved(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || std::string_view("-._~/").find(letter) != std::string_view::npos;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char letter : text)
    if (is_unreserved(letter))
      encoded += letter;
    else
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
  return encoded;
}

bool is_fit_for_host(char letter) {
  return letter > ' ' && letter < '\x7f' &&
         std::string_view("/?#@[]\\").find(letter) == std::string_view::npos;
}

/// Of `:PORT` or nothing.
bool read_port(std::string_view text, int& port) {
  if (text.empty())
    return true;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 1, end, port);
  return text.front() == ':' && error == std::errc() && stop == end && port > 0 && port <= 65'535;
}

} // namespace

std::string address::authority() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port)
                                             : fmt::format("[{}]:{}", host, port);
}

std::optional<address> parse_url(std::string_view url) {
  if (!url.starts_with(scheme))
    return std::nullopt;
  url.remove_prefix(scheme.size());
  const auto authority = url.substr(0, url.find('/'));
  auto prefix = url.substr(authority.size());
  while (prefix.ends_with('/'))
    prefix.remove_suffix(1);
  const bool has_brackets = authority.starts_with('[');
  const auto host_end = has_brackets ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (host_end == std::string_view::npos)
    return std::nullopt;
  const auto host = authority.substr(has_brackets ? 1 : 0, host_end - (has_brackets ? 1 : 0));
  address read{.host = std::string(host), .prefix = percent_encoded(prefix)};
  const bool is_good = !host.empty() && std::ranges::all_of(host, is_fit_for_host) &&
                       read_port(authority.substr(host_end + (has_brackets ? 1 : 0)), read.port);
  return is_good ? std::optional(read) : std::nullopt;
}

std::string target(std::string_view path,
                   const std::vector<std::pair<std::string, std::string>>& parameters) {
  std::string whole(path);
  char separator = '?';
  for (const auto& [name, value] : parameters)
    if (!value.empty()) {
      whole += fmt::format("{}{}={}", separator, name, percent_encoded(value));
      separator = '&';
    }
  return whole;
}

std::string actor_path(std::string_view written) {
  while (written.size() > 1 && written.ends_with('/'))
    written.remove_suffix(1);
  if (written == "/" || written.empty())
    return "/root";
  if (written.starts_with('/'))
    return std::string(written);
  const bool has_root = written == "root" || written.starts_with("root/");
  return (has_root ? "/" : "/root/") + std::string(written);
}

} // namespace sandboxd::sandboxctl
