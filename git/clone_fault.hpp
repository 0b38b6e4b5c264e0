#pragma once

#include <cstdint>
#include <string_view>

namespace sandboxd::git {

/// What a failed clone counts as.
enum class clone_fault : std::uint8_t {
  repository_not_found,
  authentication,
  branch_not_found,
  network,
  clone,     ///< everything else
  operation, ///< git gave up (exit code 128), which is nearly everything
};

/// By exit code and standard error of `git clone`, in the order of the table of HTTP.md 7.
[[nodiscard]] clone_fault fault_of(int exit_code, std::string_view standard_error);

/// Of a clone that took too long (coreutils' timeout(1)).
inline constexpr int timed_out_exit_code = 124;

/// With which git gives up.
inline constexpr int fatal_exit_code = 128;

} // namespace sandboxd::git
