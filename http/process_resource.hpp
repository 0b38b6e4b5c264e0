#pragma once

namespace sandboxd::http {

struct incoming_call;

/// Background processes (HTTP.md 5).
namespace process_resource {

/// POST /api/process/start
void start(incoming_call& incoming);

/// GET /api/process/list
void list(incoming_call& incoming);

/// GET /api/process/{id}
void get(incoming_call& incoming);

/// GET /api/process/{id}/logs: what it has written so far.
void logs(incoming_call& incoming);

/// GET /api/process/{id}/stream: what it has written, and goes on to write, as events.
void follow(incoming_call& incoming);

/// POST /api/process/{id}/stdin: writes to its standard input, or closes it.
void write_input(incoming_call& incoming);

/// DELETE /api/process/{id}: answered when all of it is gone.
void kill(incoming_call& incoming);

/// DELETE /api/process/kill-all
void kill_all(incoming_call& incoming);

} // namespace process_resource

} // namespace sandboxd::http
