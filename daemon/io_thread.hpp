#pragma once

#include "daemon/log.hpp"

#include <asio/io_context.hpp>

namespace sandboxd::daemon {

/// What an I/O thread does: runs the handlers of `io` until it is stopped. What a handler throws is logged,
/// and the thread goes on: a fault in one connection must not end the sandbox of all others.
void run_handlers(asio::io_context& io, log& lines);

} // namespace sandboxd::daemon
