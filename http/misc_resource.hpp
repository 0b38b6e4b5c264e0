#pragma once

namespace sandboxd::http {

struct incoming_call;

/// Endpoints about the server itself (HTTP.md 13).
namespace misc_resource {

/// GET /: the platform's readiness probe. Any answer means ready, so it asks nobody.
void root(incoming_call& incoming);

/// GET /api/ping
void ping(incoming_call& incoming);

/// GET /api/version
void version(incoming_call& incoming);

/// GET /api/commands: what can be run, by name.
void commands(incoming_call& incoming);

} // namespace misc_resource

} // namespace sandboxd::http
