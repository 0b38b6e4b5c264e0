#pragma once

#include "git/clone_exchange.hpp"

#include <string>
#include <string_view>

namespace sandboxd::git {

/// How libgit2 says that something failed.
struct library_error {
  int code = 0;        ///< git_error_code
  int error_class = 0; ///< git_error_t
  std::string message;
};

/// How far the credentials came that the URL or the machine has.
struct tried_credentials {
  bool rejected = false;        ///< some were tried, and refused
  bool lacked_password = false; ///< there was a user name alone
};

/// The result of a failed clone: what `git clone` writes in the same case, as far as clients look at it, and
/// the cause in one word. `url`: the one really used. Without credentials.
[[nodiscard]] clone_result failed_result(const library_error& error, std::string_view url,
                                         const tried_credentials& tried);

/// A result with git's exit code for giving up.
[[nodiscard]] clone_result fatal_result(std::string standard_error, std::string cause);

} // namespace sandboxd::git
