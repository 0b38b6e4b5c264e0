#pragma once

#include <string>
#include <string_view>

namespace sandboxd::http {

/// A secret that clients bring in the header `Authorization: Bearer SECRET` (RFC 6750 section 2.1).
class bearer_token {
public:
  explicit bearer_token(std::string secret);

  /// Whether the value of an Authorization header is this one. How long it takes tells nothing of the secret
  /// but its length. Any thread.
  [[nodiscard]] bool is_in(std::string_view authorization) const noexcept;

private:
  std::string secret_;
};

} // namespace sandboxd::http
