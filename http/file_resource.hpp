#pragma once

namespace sandboxd::http {

struct incoming_call;

/// Files (HTTP.md 6).
namespace file_resource {

/// POST /api/read: a whole file.
void read(incoming_call& incoming);

/// POST /api/read/stream: a file of any size as events.
void read_streamed(incoming_call& incoming);

/// POST /api/write
void write(incoming_call& incoming);

/// POST /api/delete
void remove(incoming_call& incoming);

/// POST /api/rename
void rename(incoming_call& incoming);

/// POST /api/move
void move(incoming_call& incoming);

/// POST /api/mkdir
void make_directory(incoming_call& incoming);

/// POST /api/exists
void exists(incoming_call& incoming);

/// POST /api/list-files
void list(incoming_call& incoming);

} // namespace file_resource

} // namespace sandboxd::http
