#pragma once

#include "http/bearer_token.hpp"
#include "http/request_head.hpp"
#include "http/server_hooks.hpp"

#include <optional>
#include <string_view>

namespace sandboxd::http {

/// Who may use the interface.
struct admission_rule {
  std::optional<bearer_token> token; ///< who brings it may
  bool needs_token = false;          ///< whoever does not bring it may not

  /// Why a request may not pass; nothing when it may. 403 for a workload without the token, 503 where nobody
  /// can tell, 401 for a client that has to bring it.
  [[nodiscard]] std::optional<refusal> judge(origin from, std::string_view authorization) const;

  /// Whether the value of an Authorization header is for this server, and nobody else's business.
  [[nodiscard]] bool is_own(std::string_view authorization) const {
    return token && token->is_in(authorization);
  }
};

} // namespace sandboxd::http
