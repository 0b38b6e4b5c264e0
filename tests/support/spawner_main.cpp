#include "git/clone_exchange.hpp"
#include "git/worker.hpp"
#include "launcher/spawner_process.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <signal.h>

/// The spawner and the helper of a clone are the running executable again, so the test binary must know how
/// to be one.
int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--spawner") == 0)
    return sandboxd::launcher::run_spawner(sandboxd::launcher::spawner_socket);
  if (argc == 2 && std::strcmp(argv[1], sandboxd::git::worker_flag) == 0)
    return sandboxd::git::run_worker();
  ::signal(SIGPIPE, SIG_IGN); // as the daemon does
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
