#pragma once

#include "http/exchange.hpp"
#include "http/served_request.hpp"

#include <memory>

namespace sandboxd::http {

/// Starts an answer sent piece by piece: status and headers leave at once.
[[nodiscard]] std::shared_ptr<response_stream> open_stream(const std::shared_ptr<served_request>& served,
                                                           int status, const header_list& headers,
                                                           stream_kind kind);

/// A stream that is closed from the start, for a request that has its answer already.
[[nodiscard]] std::shared_ptr<response_stream> closed_stream(const std::shared_ptr<served_request>& served);

} // namespace sandboxd::http
