#pragma once

namespace sandboxd::http {

struct call;

/// Endpoints about the server itself (HTTP.md 13).
namespace misc_resource {

/// GET /: the platform's readiness probe. Any answer means ready, so it asks nobody.
void root(call& incoming);

/// GET /api/ping
void ping(call& incoming);

/// GET /api/version
void version(call& incoming);

/// GET /api/commands: what can be run, by name.
void commands(call& incoming);

} // namespace misc_resource

} // namespace sandboxd::http
