#pragma once

namespace sandboxd::http {

struct incoming_call;

/// Watches for changes of files (HTTP.md 10).
namespace watch_resource {

/// POST /api/watch: changes as they come, as events.
void follow(incoming_call& incoming);

/// POST /api/watch/check: whether there were any since an earlier check.
void check(incoming_call& incoming);

} // namespace watch_resource

} // namespace sandboxd::http
