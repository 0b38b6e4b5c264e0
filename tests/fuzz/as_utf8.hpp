#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace sandboxd::fuzz {

/// What the bytes say when whatever is no UTF-8 becomes U+FFFD, as nlohmann's library counts it.
[[nodiscard]] inline std::string as_utf8(std::string_view bytes) {
  using nlohmann::json;
  return json::parse(json(bytes).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

} // namespace sandboxd::fuzz
