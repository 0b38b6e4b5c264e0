#include "git/clone_fault.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sandboxd::git {
namespace {

// The table of HTTP.md 7, top-down.
TEST(CloneFault, IsToldByExitCodeAndText) {
  struct row {
    int exit_code;
    std::string standard_error;
    clone_fault fault;
  };
  const std::vector<row> table{
      {124, "", clone_fault::network},
      {124, "repository not found", clone_fault::network},
      {128, "remote: Repository not found.\nfatal: repository 'x' not found",
       clone_fault::repository_not_found},
      {128, "fatal: repository 'x' not found", clone_fault::operation},
      {128, "fatal: Remote branch x not found in upstream origin", clone_fault::operation},
      {128, "git@host: Permission denied (publickey).", clone_fault::operation},
      {128, "fatal: could not read Username for 'https://host': terminal prompts disabled",
       clone_fault::operation},
      {128, "fatal: destination path 'x' already exists", clone_fault::operation},
      {128, "", clone_fault::operation},
      {1, "Permission denied", clone_fault::authentication},
      {1, "ACCESS DENIED", clone_fault::authentication},
      {1, "permission denied, not found", clone_fault::authentication},
      {127, "git: command not found", clone_fault::repository_not_found},
      {1, "it does not exist", clone_fault::repository_not_found},
      {1, "it already exists", clone_fault::clone},
      {1, "it already exists, authentication", clone_fault::clone},
      {1, "pathspec 'x' did not match", clone_fault::branch_not_found},
      {1, "error: pathspec", clone_fault::branch_not_found},
      {1, "Authentication failed", clone_fault::authentication},
      {1, "bad credentials", clone_fault::authentication},
      {1, "something else", clone_fault::clone},
      {1, "", clone_fault::clone},
  };
  for (const auto& one : table)
    EXPECT_EQ(fault_of(one.exit_code, one.standard_error), one.fault)
        << one.exit_code << ' ' << one.standard_error;
}

} // namespace
} // namespace sandboxd::git
