#pragma once

#include "git/clone_exchange.hpp"

#include <string>
#include <utility>
#include <vector>

namespace sandboxd::git {

/// A call of git(1): fixed options, the client's values behind `--` or `=`; the credentials of the URL in the
/// environment alone.
struct program_call {
  std::vector<std::string> arguments;                           ///< the program's name first
  std::vector<std::pair<std::string, std::string>> environment; ///< on top of the caller's
};

/// Whether libgit2 1.5 cannot do what is asked: a shallow clone, or plain HTTP through the proxy of the
/// environment (it writes the request for the proxy, and sends it to the server).
[[nodiscard]] bool needs_program(const clone_order& order);

/// How git(1) is to be called for a clone.
[[nodiscard]] program_call clone_call(const clone_order& order);

/// Where `program` is in the PATH of this process; empty when it is not.
[[nodiscard]] std::string find_program(const std::string& program);

/// Becomes git(1). Returns only when that is impossible.
void become_program(const std::string& path, const program_call& call);

/// Writes to a finished clone what its arguments must not say: the URL with its credentials, as git keeps it.
void restore_url(const clone_order& order);

/// The branch that is checked out in a finished clone; empty when none is.
[[nodiscard]] std::string current_branch(const std::string& directory);

} // namespace sandboxd::git
