#include "launcher/spawner_process.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <signal.h>

/// The spawner is the running executable again, so the test binary must know how to be one.
int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--spawner") == 0)
    return sandboxd::launcher::run_spawner(sandboxd::launcher::spawner_socket);
  ::signal(SIGPIPE, SIG_IGN); // as the daemon does
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
