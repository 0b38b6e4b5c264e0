#pragma once

namespace sandboxd::http {

struct incoming_call;

/// Sessions (HTTP.md 4.1, 4.2).
namespace session_resource {

/// POST /api/session/create
void create(incoming_call& incoming);

/// GET /api/session/list
void list(incoming_call& incoming);

/// POST /api/session/delete
void remove(incoming_call& incoming);

} // namespace session_resource

} // namespace sandboxd::http
