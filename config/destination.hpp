#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What workloads may be allowed to reach (`network.allow`). Pure; any thread.
namespace sandboxd::config {

/// How a destination is given.
enum class destination_form {
  ipv4, ///< an address, or a block of them: ADDRESS/LENGTH
  ipv6, ///< the same
  name, ///< of a host
};

/// One of them.
struct destination {
  destination_form form = destination_form::name;
  std::string text;

  friend bool operator==(const destination&, const destination&) = default;
};

/// How many one list may hold.
inline constexpr std::size_t most_destinations = 256;

/// Reads a list separated by commas, with blanks around its items; an empty text is an empty list. In its
/// place, where something is none, which item and why, in words that fit after `key = value: `.
std::variant<std::vector<destination>, std::string> read_destinations(std::string_view text);

} // namespace sandboxd::config
