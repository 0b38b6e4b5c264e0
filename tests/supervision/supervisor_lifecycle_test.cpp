#include "supervision/errors.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor.hpp"
#include "tests/support/virtual_time.hpp"

#include <caf/actor_cast.hpp>

#include <memory>

namespace sandboxd::supervision {
namespace {

struct worker_state {
  static inline const char* name = "worker";
};

caf::behavior worker(stateful_pointer<worker_state>) {
  return {[](int number) { return number + 1; }};
}

child_spec worker_child(std::string id) {
  child_spec spec;
  spec.id = std::move(id);
  spec.start = supervised(worker);
  return spec;
}

using supervisor_lifecycle = testing::virtual_time_test;

TEST_F(supervisor_lifecycle, restarts_a_crashed_child_under_the_same_path) {
  auto tree = std::make_shared<observer>();
  supervisor_spec spec;
  spec.children = {worker_child("a"), worker_child("b")};
  const auto root = spawn_root(system, tree, spec);
  run();
  const auto first = tree->actors->find("/root/b");
  ASSERT_TRUE(first);
  ASSERT_TRUE(tree->actors->inject_fault("/root/b", "boom"));
  run();
  const auto second = tree->actors->find("/root/b");
  ASSERT_TRUE(second);
  EXPECT_NE(first, second);
  EXPECT_EQ(*ask<int>(caf::actor_cast<caf::actor>(second), 41), 42);
  EXPECT_EQ(tree->actors->record("/root/b")->restarts(), 1u);
  EXPECT_EQ(tree->actors->record("/root/b")->last_error(), "exception: boom");
  caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  run();
  EXPECT_EQ(tree->actors->size(), 0u);
}

} // namespace
} // namespace sandboxd::supervision
