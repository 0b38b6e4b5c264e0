#pragma once

#include "tests/support/census.hpp"
#include "tests/support/sdk_client.hpp"
#include "tests/support/test_daemon.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace sandboxd::testing {

/// A daemon of its own for each test. When the test is over the daemon must end well and leave nothing: no
/// process, no descriptor, no file.
class daemon_test : public ::testing::Test {
protected:
  explicit daemon_test(const test_daemon::adjustment& adjust = {}) : daemon(adjust) {}

  void TearDown() override {
    a = sdk_client(daemon.port(), generation::a); // closes the connection
    b = sdk_client(daemon.port(), generation::b);
    EXPECT_EQ(daemon.stop(), 0);
    EXPECT_TRUE(eventually([] { return processes_below().empty(); })) << "left:\n"
                                                                      << describe_processes_below();
    EXPECT_TRUE(eventually([&] { return count_descriptors() == descriptors_before_; }))
        << count_descriptors() << " descriptors, before " << descriptors_before_;
    EXPECT_FALSE(exists(daemon.runtime_directory() / "1"));
  }

private:
  const std::size_t descriptors_before_ = count_descriptors();

protected:
  test_daemon daemon;
  sdk_client a{daemon.port(), generation::a};
  sdk_client b{daemon.port(), generation::b};
};

/// Claims that hold in both dialects: each test runs in session "s" of either generation of the SDK.
class each_generation : public daemon_test, public ::testing::WithParamInterface<generation> {
protected:
  using daemon_test::daemon_test;

  void SetUp() override { ASSERT_EQ(sdk().create("s").status, 200); }

  sdk_client& sdk() { return GetParam() == generation::a ? a : b; }

  /// What a command prints; the answer must be 200.
  std::string run(const std::string& command, const json& more = json::object()) {
    return sdk().output("s", command, more);
  }

  /// Output as the dialect shows it: B takes one final newline away (HTTP.md 4.4).
  static std::string shown(std::string text) {
    if (GetParam() == generation::b && text.ends_with('\n'))
      text.pop_back();
    return text;
  }
};

inline std::string name_of_generation(const ::testing::TestParamInfo<generation>& info) {
  return info.param == generation::a ? "a" : "b";
}

/// Names the cases of a table after their member `name`.
struct name_of_case {
  template <class Case>
  std::string operator()(const ::testing::TestParamInfo<Case>& info) const {
    return info.param.name;
  }
};

} // namespace sandboxd::testing

/// Runs the tests of a suite derived from `each_generation` for both.
#define FOR_EACH_GENERATION(suite)                                                                           \
  INSTANTIATE_TEST_SUITE_P(dialect, suite, ::testing::Values(generation::a, generation::b),                  \
                           name_of_generation)
