#include "http/admission.hpp"

namespace sandboxd::http {

std::optional<refusal> admission_rule::judge(origin from, std::string_view authorization) const {
  if (is_own(authorization))
    return std::nullopt;
  if (from == origin::workload)
    return refusal{403, "What runs in the sandbox may not use the sandbox's interface"};
  if (from == origin::untold)
    return refusal{503, "The server cannot tell now whose connection this is; try again"};
  if (needs_token)
    return refusal{401, "This server wants a token: Authorization: Bearer TOKEN"};
  return std::nullopt;
}

} // namespace sandboxd::http
