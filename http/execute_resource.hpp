#pragma once

namespace sandboxd::http {

struct incoming_call;

/// Running commands (HTTP.md 4.3 to 4.7).
namespace execute_resource {

/// POST /api/execute: answers at the command's end.
void run(incoming_call& incoming);

/// POST /api/execute/stream: answers with events as the command runs.
void run_streamed(incoming_call& incoming);

} // namespace execute_resource

} // namespace sandboxd::http
