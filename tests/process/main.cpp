#include "launcher/spawner.hpp"
#include "launcher/spawner_process.hpp"

#include <gtest/gtest.h>

#include <string_view>

/// The daemon starts its own executable as spawner, which in these tests is this one.
int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--spawner")
    return sandboxd::launcher::run_spawner(sandboxd::launcher::spawner_socket);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
