#pragma once

#include "actors/services.hpp"
#include "config/load.hpp"
#include "http/request_counters.hpp"
#include "supervision/observer.hpp"

#include <asio/io_context.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace sandboxd::inspector {

/// Why something that people have ordered is not done.
struct order_refused {
  std::string why;
};

/// What the inspector looks at, and what it may turn. It reads what others have published and never asks an
/// actor, so that it answers while all of them are busy or stuck.
struct services {
  supervision::observer_ptr observer; ///< directory and journal of the tree
  actors::services_ptr sandbox;
  asio::io_context& io; ///< of the inspector alone; one thread runs it

  /// What the sandbox's own interface is doing.
  std::shared_ptr<const http::request_counters> requests{};
  std::function<std::size_t()> connections{};
  std::function<std::uint64_t()> buffered_bytes{};

  /// Why the journal's file lacks its last events; empty: it does not, or none is wanted.
  std::function<std::string()> journal_problem{};

  /// The configuration in force, and how the daemon was started.
  std::function<std::shared_ptr<const config::configuration>()> configuration{};
  /// Changes a live setting until the daemon ends or reads its configuration again; `done` is called on any
  /// thread with the configuration in force then.
  using changed = std::variant<std::shared_ptr<const config::configuration>, order_refused>;
  std::function<void(std::string name, std::string literal, std::function<void(const changed&)> done)>
      change_setting{};

  /// Takes no further requests, waits for those under way as long as that, and ends the daemon.
  std::function<void(std::chrono::milliseconds patience)> drain{};

  std::chrono::system_clock::time_point started = std::chrono::system_clock::now();
};

} // namespace sandboxd::inspector
