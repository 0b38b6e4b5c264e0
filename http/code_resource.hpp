#pragma once

#include "http/call.hpp"

/// Code contexts and the code that runs in them (HTTP.md 9).
namespace sandboxd::http::code_resource {

/// POST /api/contexts
void create(incoming_call& incoming);
/// GET /api/contexts
void list(incoming_call& incoming);
/// DELETE /api/contexts/{id}
void remove(incoming_call& incoming);
/// POST /api/contexts/{id}/interrupt: an extension
void interrupt(incoming_call& incoming);
/// POST /api/contexts/{id}/restart: an extension
void restart(incoming_call& incoming);
/// POST /api/execute/code
void run(incoming_call& incoming);
/// POST /api/interpreter/reload: an extension
void reload(incoming_call& incoming);
/// GET /api/interpreter/health
void health(incoming_call& incoming);

} // namespace sandboxd::http::code_resource
