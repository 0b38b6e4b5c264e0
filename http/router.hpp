#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::http {

struct incoming_call;

/// What a route expects as its body.
enum class body_rule : std::uint8_t {
  /// None; whatever comes is ignored.
  none,
  /// A JSON object; anything else is answered 400.
  object,
  /// A JSON object; what is no JSON counts as `{}` (HTTP.md 1.3: session/create).
  object_or_nothing,
};

/// One line of the API's contents page.
struct route {
  std::string_view method;
  /// Literal segments, and `{name}` for one non-empty segment that becomes a parameter.
  std::string_view pattern;
  body_rule body = body_rule::none;
  /// Serves the call; must not block.
  void (*serve)(incoming_call& incoming) = nullptr;
};

/// Values of the `{name}` segments, percent-decoded, in the order of the pattern.
using path_parameters = std::vector<std::pair<std::string_view, std::string>>;

struct route_match {
  /// Null when no route has this method and path.
  const route* found = nullptr;
  path_parameters parameters;
};

/// The first route for this method and path. Literal segments compare with the path as it was sent; a
/// trailing slash makes another path (HTTP.md 1.3).
[[nodiscard]] route_match find_route(std::span<const route> table, std::string_view method,
                                     std::string_view path);

} // namespace sandboxd::http
