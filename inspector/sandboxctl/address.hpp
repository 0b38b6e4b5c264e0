#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {

/// Where the inspector listens.
struct address {
  std::string host; ///< a name or an address, one of version 6 without its brackets
  int port = 7676;
  std::string prefix; ///< of all paths, for what is behind a proxy; empty or without a slash at its end

  /// As the field Host wants it.
  [[nodiscard]] std::string authority() const;
};

/// Of `http://HOST[:PORT][/PREFIX]`; nothing when the text is something else.
[[nodiscard]] std::optional<address> parse_url(std::string_view url);

/// A path with its query; parameters without value are left out.
[[nodiscard]] std::string target(std::string_view path,
                                 const std::vector<std::pair<std::string, std::string>>& parameters);

/// The path of an actor as the interface wants it, of one as people write it: `sandbox/workload` is
/// `/root/sandbox/workload`.
[[nodiscard]] std::string actor_path(std::string_view written);

} // namespace sandboxd::sandboxctl
