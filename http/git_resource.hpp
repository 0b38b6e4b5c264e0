#pragma once

namespace sandboxd::http {
struct incoming_call;
}

/// `/api/git/checkout` (HTTP.md 7).
namespace sandboxd::http::git_resource {

/// POST: clones a repository. With `Accept: text/event-stream` the answer is a stream of events. A client
/// that leaves calls the clone off.
void checkout(incoming_call& incoming);

} // namespace sandboxd::http::git_resource
