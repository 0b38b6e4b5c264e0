#pragma once

#include "http/exchange.hpp"
#include "inspector/services.hpp"

#include <memory>

namespace sandboxd::inspector {

/// The inspector's HTTP interface (openapi.json): finds what a request asks for and has the resource answer.
/// To be called on the inspector's thread.
[[nodiscard]] http::request_handler make_application(std::shared_ptr<const services> with);

} // namespace sandboxd::inspector
