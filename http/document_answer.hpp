#pragma once

#include "http/call.hpp"
#include "http/json_document.hpp"

namespace sandboxd::http {

/// Answers 200 with a document: whole when it fits `http.stream-window-bytes`, else piece by piece as the
/// client takes it.
void send_document(const call& incoming, json_document document);

} // namespace sandboxd::http
