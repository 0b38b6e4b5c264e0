#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::fuzz {

/// A request as http_parser understands it, with which RESTinio reads: where it and the guard could
/// understand different things, one request could hide in another.
struct second_reading {
  bool is_refused = false;
  std::string why; ///< the parser's name for it: `HPE_INVALID_METHOD`
  bool has_head = false;
  bool is_complete = false;
  std::size_t used = 0; ///< bytes of the message
  std::string method;
  std::string target;
  int minor_version = 1;
  std::vector<std::pair<std::string, std::string>> fields; ///< without trailers
  bool is_chunked = false;
  std::optional<std::uint64_t> content_length;
  std::string body;
};

/// Reads one request, whole or begun.
[[nodiscard]] second_reading read_again(std::string_view request);

} // namespace sandboxd::fuzz
