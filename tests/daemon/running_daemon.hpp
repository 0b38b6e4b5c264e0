#pragma once

#include "config/load.hpp"
#include "daemon/sandbox_daemon.hpp"
#include "daemon/surroundings.hpp"
#include "tests/daemon/standard_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::testing {

/// A daemon in this process that was configured as main() does it: by flags and a supervised command.
class running_daemon {
public:
  running_daemon(const temporary_directory& directory, std::vector<std::string> flags,
                 const std::vector<std::string>& command) {
    flags.emplace_back("--http.port=0");
    flags.push_back("--sandbox.workspace=" + (directory / "workspace").string());
    flags.push_back("--sandbox.runtime-directory=" + (directory / "run").string());
    const auto is_given = [&](std::string_view key) {
      return std::ranges::any_of(flags, [&](const auto& flag) { return flag.starts_with(key); });
    };
    if (constexpr std::string_view key = "--sandbox.program-directory="; !is_given(key))
      flags.push_back(std::string(key) + SANDBOXD_PROGRAM_DIRECTORY);
    for (const char* language : {"python", "javascript", "typescript"}) // nothing here has a use for them
      flags.push_back(fmt::format("--interpreter.{}-pool-min-size=0", language));
    flags.emplace_back("--http.admit-workloads=true"); // its clients could not be told from them everywhere
    flags.emplace_back("--");
    flags.insert(flags.end(), command.begin(), command.end());
    auto loaded = std::get<config::configuration>(config::load({std::move(flags), {}}));
    daemon::prepare_surroundings(loaded.values);
    server_.emplace(std::move(loaded));
    server_->on_listening([this](std::uint16_t port) { listening_.set_value(port); });
    exit_code_ = std::async(std::launch::async, [this] { return server_->run(); });
  }
  running_daemon(const running_daemon&) = delete;
  running_daemon& operator=(const running_daemon&) = delete;
  ~running_daemon() { server_->request_stop(0); }

  /// Waits until it listens, for once, and returns the port.
  std::uint16_t port() {
    auto known = listening_.get_future();
    if (known.wait_for(patience) != std::future_status::ready)
      throw std::runtime_error("the daemon does not listen");
    return known.get();
  }

  void request_stop() { server_->request_stop(0); }

  /// The exit code once it has ended by itself or by request; nothing when it does not end.
  std::optional<int> exit_code() {
    if (exit_code_.wait_for(patience) != std::future_status::ready)
      return std::nullopt;
    return exit_code_.get();
  }

private:
  static constexpr std::chrono::seconds patience{10};
  std::optional<daemon::sandbox_daemon> server_;
  std::promise<std::uint16_t> listening_;
  std::future<int> exit_code_; // last: its destructor waits for the daemon
};

} // namespace sandboxd::testing
