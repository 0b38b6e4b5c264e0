#pragma once

#include "config/settings.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What a key may hold, and the one reader and the one writer of such values. Pure; any thread.
namespace sandboxd::config {

/// The kinds of values, with the way they are written.
enum class kind {
  count,    ///< digits: `3000`
  size,     ///< bytes: `65536`, `64KiB`, `512MiB`, `8GiB`
  duration, ///< `300ms`, `5s`, `1min`, `2h`; a bare `0` where zero is allowed
  boolean,  ///< `true` or `false`
  word,     ///< one of a list of words
  text,     ///< any text without control characters
  path,     ///< an absolute path
  address,  ///< an IPv4 or IPv6 address
  hosts,    ///< a list of addresses, blocks of them and names of hosts (`config/destination.hpp`)
};

/// Bounds of one key. Numbers are counts, bytes or milliseconds by the kind.
struct domain {
  kind type = kind::text;
  std::uint64_t minimum = 0;
  std::uint64_t maximum = 0;             ///< of a text, path, address or list: its length in bytes
  std::string_view zero_means = {};      ///< not empty: 0 is allowed besides the range and means this
  std::vector<std::string_view> words{}; ///< of kind word
  std::uint64_t step = 1;                ///< of a number: it must be a multiple of this
};

/// A value without its C++ type: a number (count, bytes or milliseconds), a boolean, or a text or word.
using value = std::variant<std::uint64_t, bool, std::string>;

/// Why a value was refused, in words that fit after `key = value: `.
struct refusal {
  std::string why;
};

/// Reads `literal` (as given on the command line, or in a file without its quotes) and checks it against
/// `allowed`. Never throws for bad input.
std::variant<value, refusal> read_value(std::string_view literal, const domain& allowed);

/// The shortest literal that `read_value` reads back as `what`: the largest unit that divides a size or
/// duration.
std::string to_literal(const value& what, const domain& allowed);

/// The same as it stands in a configuration file: texts, words, paths, addresses and sizes with a unit in
/// quotes.
std::string to_file_literal(const value& what, const domain& allowed);

/// The allowed values in words, for messages and help: `0 to 65535 (0 = ...)`, `auto, a or b`.
std::string describe(const domain& allowed);

} // namespace sandboxd::config
