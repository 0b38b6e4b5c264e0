#include "git/clone_fault.hpp"

#include <algorithm>
#include <cctype>
#include <string>

namespace sandboxd::git {

clone_fault fault_of(int exit_code, std::string_view standard_error) {
  std::string text(standard_error);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto says = [&](std::string_view words) { return text.find(words) != std::string::npos; };
  if (exit_code == timed_out_exit_code)
    return clone_fault::network;
  if (exit_code == fatal_exit_code)
    return says("repository not found") ? clone_fault::repository_not_found : clone_fault::operation;
  if (says("permission denied") || says("access denied"))
    return clone_fault::authentication;
  if (says("not found") || says("does not exist"))
    return clone_fault::repository_not_found;
  if (says("already exists"))
    return clone_fault::clone;
  if (says("did not match") || says("pathspec"))
    return clone_fault::branch_not_found;
  if (says("authentication") || says("credentials"))
    return clone_fault::authentication;
  return clone_fault::clone;
}

} // namespace sandboxd::git
