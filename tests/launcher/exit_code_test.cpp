#include "launcher/exit_code.hpp"

#include <gtest/gtest.h>

#include <signal.h>

namespace sandboxd::launcher {
namespace {

/// Wait statuses as Linux lays them out (wait(2)): exit code in bits 8-15, else signal in bits 0-6, core in
/// bit 7.
TEST(exit_code_of, is_that_of_a_shell) {
  for (int code = 0; code <= 255; ++code)
    EXPECT_EQ(exit_code_of(code << 8), code);
  EXPECT_EQ(exit_code_of(SIGTERM), 143);
  EXPECT_EQ(exit_code_of(SIGKILL), 137);
  EXPECT_EQ(exit_code_of(SIGABRT), 134);
  EXPECT_EQ(exit_code_of(SIGSEGV | 0x80), 139) << "with a core dump";
  for (int number = 1; number <= 64; ++number)
    EXPECT_EQ(exit_code_of(number), 128 + number);
}

} // namespace
} // namespace sandboxd::launcher
