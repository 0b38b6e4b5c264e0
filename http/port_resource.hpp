#pragma once

namespace sandboxd::http {

struct incoming_call;

/// Exposed ports, and services that one waits for (HTTP.md 8.1 and 8.3).
namespace port_resource {

/// POST /api/expose-port
void expose(incoming_call& incoming);

/// DELETE /api/unexpose-port, with the port in the body (dialect A).
void unexpose(incoming_call& incoming);

/// DELETE /api/exposed-ports/{port} (dialect B).
void unexpose_by_path(incoming_call& incoming);

/// GET /api/exposed-ports
void list(incoming_call& incoming);

/// POST /api/port-check: whether a service is ready now.
void check(incoming_call& incoming);

/// POST /api/port-watch: events until a service is ready or its process has ended.
void watch(incoming_call& incoming);

} // namespace port_resource

} // namespace sandboxd::http
