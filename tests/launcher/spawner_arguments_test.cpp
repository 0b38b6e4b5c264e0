#include "launcher/spawner_arguments.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sandboxd::launcher {
namespace {

spawner_arguments sent_and_received(const spawner_arguments& how) {
  const auto words = encode(how);
  std::vector<const char*> pointers;
  for (const auto& word : words)
    pointers.push_back(word.c_str());
  return decode_spawner_arguments(pointers);
}

TEST(spawner_arguments, arrive_as_they_were_sent) {
  std::mt19937_64 random{11};
  const auto chance = [&random] { return random() % 2 == 0; };
  for (int round = 0; round < 500; ++round) {
    spawner_arguments how;
    how.confines = chance();
    how.allows_mounts = chance();
    how.is_strict = chance();
    how.limits_sockets = chance();
    how.has_network = chance();
    how.limits = {random(), random(), random()};
    how.hosts_file = chance() ? "/a path/hosts" : "";
    for (auto left = random() % 4; left > 0; --left) {
      auto& controllers = how.hierarchies.emplace_back();
      for (const char* name : {"memory", "pids", "cpu"})
        if (chance())
          controllers.emplace_back(name);
    }
    for (auto left = random() % 3; left > 0; --left)
      how.writable.push_back("/a, b=" + std::to_string(random()));
    how.control_files = chance() ? "/run/strict" : "";
    how.private_tmp_bytes = random();
    EXPECT_EQ(sent_and_received(how), how) << "round " << round;
  }
}

TEST(spawner_arguments, are_none_without_words) {
  EXPECT_EQ(decode_spawner_arguments({}), spawner_arguments{});
}

} // namespace
} // namespace sandboxd::launcher
