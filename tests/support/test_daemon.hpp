#pragma once

#include "config/settings.hpp"
#include "supervision/observer.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace sandboxd::testing {

/// The level of each daemon unless its test says otherwise: that of the environment variable
/// SANDBOXD_TEST_LEVEL ("strict"), else that of the configuration. Throws std::runtime_error for any other.
config::isolation_level level_of_daemons();

/// The whole daemon inside the test's process, on a port of its own, with a workspace and a runtime directory
/// that vanish with it. The test program must have the `main` of process_main.cpp.
class test_daemon {
public:
  using adjustment = std::function<void(config::settings&)>;

  /// Starts it and waits until it listens; throws std::runtime_error when it does not within ten seconds.
  /// Commands that exceed their time are killed after 300 ms here unless `adjust` says otherwise.
  explicit test_daemon(const adjustment& adjust = {});
  ~test_daemon();
  test_daemon(const test_daemon&) = delete;
  test_daemon& operator=(const test_daemon&) = delete;

  /// Ends it as SIGTERM does and returns the exit code; later calls return the same. Nothing of it is left
  /// then but directory and journal.
  int stop();

  /// Waits until it ends by itself and returns the exit code, or nothing when it has not within ten seconds.
  std::optional<int> wait_for_end();

  [[nodiscard]] std::uint16_t port() const;
  /// The port of its inspector.
  [[nodiscard]] std::uint16_t inspector_port() const;
  [[nodiscard]] const std::filesystem::path& workspace() const;
  /// Where the control files are.
  [[nodiscard]] const std::filesystem::path& runtime_directory() const;

  /// Directory and journal.
  [[nodiscard]] const supervision::directory& actors() const;
  [[nodiscard]] const supervision::journal& events() const;

  /// The first number in the status of the actor at `path`: the process it owns; 0 when there is none.
  [[nodiscard]] pid_t process_of(const std::string& path) const;

  /// Kills that process, as soon as there is one, and returns its number. Throws when none comes: to kill
  /// number 0 is to kill the whole test run.
  pid_t kill_process_of(const std::string& path) const;

  /// Path of the tree of a session (`.../sessions/<number>`), empty when there is none that answers.
  [[nodiscard]] std::string tree_of(const std::string& session) const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace sandboxd::testing
