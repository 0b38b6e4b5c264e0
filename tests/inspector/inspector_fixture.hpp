#pragma once

#include "tests/process/daemon_fixture.hpp"

#include <string>
#include <string_view>

namespace sandboxd::testing {

/// A daemon, a session "s" in it, and a client of its inspector.
class inspected_daemon : public daemon_test {
protected:
  using daemon_test::daemon_test;

  void SetUp() override { ASSERT_EQ(b.create("s").status, 200); }
  void TearDown() override {
    inspector = sdk_client(0, generation::b); // closes the connection
    daemon_test::TearDown();
  }

  json get(std::string_view path) {
    const auto answered = inspector.request("GET", path);
    EXPECT_EQ(answered.status, 200) << path << ": " << answered.body;
    return answered.body;
  }

  /// The actor at a path, in full.
  json actor(const std::string& path) { return get("/inspector/api/actor?path=" + path); }

  std::string of_session(const std::string& part) { return daemon.tree_of("s") + "/" + part; }

  sdk_client inspector{daemon.inspector_port(), generation::b};
};

} // namespace sandboxd::testing
