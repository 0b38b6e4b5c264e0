#pragma once

#include "inspector/call.hpp"
#include "inspector/health.hpp"

#include <string>

namespace sandboxd::inspector {

/// GET /metrics: figures in the text format of Prometheus (version 0.0.4). Actors are added up by their
/// kinds, so that the number of series does not grow with that of sessions.
void show_metrics(const call& incoming);

/// The text.
[[nodiscard]] std::string metrics_text(const services& with, const health& all);

} // namespace sandboxd::inspector
