#include "launcher/hunt.hpp"

#include "launcher/process_tree.hpp"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <signal.h>
#include <system_error>

namespace sandboxd::launcher {

namespace {

constexpr std::chrono::milliseconds first_pause{10};
constexpr std::chrono::milliseconds longest_pause{30'000};

/// Returns whether there was anything to kill.
bool kill_all(lineage number) {
  bool found = false;
  for (const auto& entry : read_processes()) {
    if (entry.dead())
      continue;
    const auto carried = lineage_of(entry.pid);
    if (carried && same_session(*carried, number)) {
      found = true;
      signal_process(entry, SIGKILL);
    }
  }
  return found;
}

void look(const std::shared_ptr<asio::steady_timer>& timer, lineage number, std::chrono::milliseconds pause) {
  const bool found = kill_all(number);
  if ((!found && pause > first_pause) || pause > longest_pause)
    return; // the second look is for what was just about to start at the first
  timer->expires_after(pause);
  timer->async_wait([timer, number, pause](const std::error_code& error) {
    if (!error)
      look(timer, number, 2 * pause);
  });
}

} // namespace

void hunt(asio::io_context& io, lineage number) {
  asio::post(
      io, [timer = std::make_shared<asio::steady_timer>(io), number] { look(timer, number, first_pause); });
}

} // namespace sandboxd::launcher
