#pragma once

#include "launcher/lineage.hpp"

#include <asio/io_context.hpp>

namespace sandboxd::launcher {

/// Kills every process that carries a number of the session of `number`, again and again until a second look
/// at /proc, or a later one, finds none. For a session without namespaces whose init is gone: its processes
/// have become children of the daemon. The looks are farther and farther apart, and end when the kernel has
/// not let go of what was killed within a minute. Any thread; the work is done on the I/O threads.
void hunt(asio::io_context& io, lineage number);

} // namespace sandboxd::launcher
