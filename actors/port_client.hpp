#pragma once

#include "actors/reply.hpp"
#include "ports/exposed_ports.hpp"
#include "ports/port_probe.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace sandboxd::actors {

/// What to do when a port is exposed already.
enum class if_exposed : std::uint8_t { refuse, replace };

/// To wait until a service is ready.
struct port_watch_request {
  ports::probe_request probe;
  /// The background process that is expected to serve; its end ends the wait. Absent: none.
  std::optional<std::string> process;
  /// Between the end of one probe and the next.
  std::chrono::milliseconds interval{500};
};

/// How the wait for a service ended.
struct port_watch_result {
  bool ready = false;           ///< else the process has ended
  std::optional<int> status;    ///< the service's answer, when it was asked by HTTP
  std::optional<int> exit_code; ///< of the process, when it is known
};

/// The front door to the ports of the sandbox for code that is no actor. Every function returns at once, may
/// be called from any thread, and answers through the reply exactly once.
class port_client {
public:
  virtual ~port_client() = default;

  /// Enters a port; nothing needs to listen there. Errors: `port_already_exposed`, `invalid_port_number` for
  /// the port of the control interface, `too_busy`, `unavailable`.
  virtual void expose(std::uint16_t port, std::string name, if_exposed existing,
                      reply<ports::exposed_port> done) = 0;

  /// Takes it out. Errors: `port_not_exposed`, `unavailable`.
  virtual void unexpose(std::uint16_t port, reply<ports::exposed_port> done) = 0;

  /// All of them as they are now.
  [[nodiscard]] virtual std::shared_ptr<const ports::exposed_ports> exposed() const = 0;

  /// Asks a service once. Errors: none; within `ports::probe_timeout`.
  virtual void check(ports::probe_request probe, reply<ports::probe_result> done) = 0;

  /// Waits until a service is ready or its process has ended, for as long as the result is held; who lets it
  /// go may be answered nevertheless. Errors: `process_not_found`, `too_busy`, `unavailable`.
  [[nodiscard]] virtual std::shared_ptr<const void> watch(port_watch_request request,
                                                          reply<port_watch_result> done) = 0;
};

} // namespace sandboxd::actors
