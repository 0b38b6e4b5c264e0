#pragma once

#include "config/settings.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace sandboxd::daemon {

/// The daemon's own directory below `sandbox.runtime-directory`: empty, mode 0700, removed at the end.
class runtime_directory {
public:
  /// Makes it; what daemons that no longer run have left beside it is removed.
  /// Throws std::filesystem::filesystem_error.
  explicit runtime_directory(const std::string& parent);
  ~runtime_directory();
  runtime_directory(const runtime_directory&) = delete;
  runtime_directory& operator=(const runtime_directory&) = delete;

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
  std::string path_;
};

/// Makes the daemon's process ready, before any thread exists: subreaper, no SIGPIPE, as many descriptors as
/// allowed (for itself alone), and the workspace; closed to workloads, if they are isolated. Throws
/// std::system_error when that cannot be made.
void prepare_surroundings(const config::settings& settings);

/// Throws std::system_error with the path of a program below `directory` that is needed and cannot be run.
void require_programs(const std::filesystem::path& directory);

/// Throws std::runtime_error with the place below /tmp that workloads need and would not see where each has a
/// /tmp of its own (`isolation.private-tmp-bytes`): the workspace, `programs` or the directory of control
/// files.
void refuse_places_in_private_tmp(const config::settings& settings, const std::filesystem::path& programs);

/// "NAME=value" each: the environment workloads inherit, which is the daemon's (the image's ENV) with a UTF-8
/// locale (HTTP.md 4.4).
std::vector<std::string> workload_environment();

} // namespace sandboxd::daemon
