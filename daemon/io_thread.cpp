#include "daemon/io_thread.hpp"

#include <exception>

namespace sandboxd::daemon {

void run_handlers(asio::io_context& io, log& lines) {
  while (!io.stopped()) {
    try {
      io.run();
    } catch (const std::exception& error) {
      lines.write(config::log_level::error, "sandboxd", "an I/O handler failed", {{"error", error.what()}});
    }
  }
}

} // namespace sandboxd::daemon
