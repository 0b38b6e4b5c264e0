#pragma once

namespace sandboxd::http {

struct call;

/// Sessions (HTTP.md 4.1, 4.2).
namespace session_resource {

/// POST /api/session/create
void create(call& incoming);

/// GET /api/session/list
void list(call& incoming);

/// POST /api/session/delete
void remove(call& incoming);

} // namespace session_resource

} // namespace sandboxd::http
