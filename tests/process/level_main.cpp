#include "tests/process/network_world.hpp"
#include "tests/process/strict_world.hpp"
#include "tests/support/test_daemon.hpp"

#include <gtest/gtest.h>

#include <iostream>
#include <signal.h>
#include <string>

namespace {

/// Why daemons cannot be at the level of this run; empty: they can.
std::string obstacle() {
  namespace kit = sandboxd::testing;
  if (kit::level_of_daemons() != sandboxd::config::isolation_level::strict)
    return {};
  if (auto reason = kit::why_not_strict(); !reason.empty())
    return reason;
  return kit::network_obstacle().value_or("");
}

} // namespace

/// GoogleTest passes what an environment of all tests skips. So it is told here, in its words, by which CTest
/// and tests/structure/mechanisms.py know it.
int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN); // as the daemon does
  ::testing::InitGoogleTest(&argc, argv);
  if (const auto reason = ::testing::GTEST_FLAG(list_tests) ? "" : obstacle(); !reason.empty()) {
    std::cout << __FILE__ << ": Skipped\n" << reason << "\n\n[  SKIPPED ] all\n";
    return 0;
  }
  return RUN_ALL_TESTS();
}
