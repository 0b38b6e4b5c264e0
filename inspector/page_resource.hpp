#pragma once

#include "inspector/call.hpp"
#include "inspector/page_files.hpp"

namespace sandboxd::inspector {

/// Answers with a file of the page. It holds no secret: what it shows it asks for by itself, with the token.
void send_page_file(const call& incoming, const page_file& file);

} // namespace sandboxd::inspector
