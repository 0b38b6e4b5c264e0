#pragma once

#include "supervision/trace.hpp"

#include <string>

namespace sandboxd::inspector {

/// A request without what was done for it, as JSON (`Request` in openapi.json).
[[nodiscard]] std::string request_document(const supervision::trace::view& trace);

/// The whole trace as JSON (`Trace` in openapi.json).
[[nodiscard]] std::string trace_document(const supervision::trace::view& trace);

/// The same as OpenTelemetry has it: an ExportTraceServiceRequest in JSON, opentelemetry-proto 1.x, as
/// collectors take it at /v1/traces. A span that is under way ends now.
[[nodiscard]] std::string open_telemetry_document(const supervision::trace::view& trace);

} // namespace sandboxd::inspector
