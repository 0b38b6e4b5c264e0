#include "tests/process/daemon_fixture.hpp"
#include "tests/process/strict_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unistd.h>

/// A /tmp of its own for each workload.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t bytes = 1ull << 20;

/// Others of these tests run at the same time.
const std::string name = "/tmp/sandboxd-private-tmp-" + std::to_string(::getpid());

class private_tmp : protected own_home,
                    public daemon_test,
                    public ::testing::WithParamInterface<config::isolation_level> {
protected:
  /// The daemon's directories cannot lie in a /tmp that its workloads do not see.
  private_tmp()
      : daemon_test([this](config::settings& s) {
          s.isolation.level = GetParam();
          s.interpreter.python_program = "/usr/bin/python3";
          if (!is_possible())
            return;
          s.isolation.private_tmp_bytes = bytes;
          s.sandbox.workspace = path() + "/workspace";
          s.sandbox.runtime_directory = path() + "/run";
        }) {}

  static bool is_possible() {
    return why_not_strict().empty() && !std::string_view(SANDBOXD_PROGRAM_DIRECTORY).starts_with("/tmp/");
  }

  void SetUp() override {
    if (!is_possible())
      GTEST_SKIP() << "needs root, to mount, and programs that do not lie in /tmp";
    ASSERT_EQ(b.create("s").status, 200);
    ASSERT_EQ(b.create("other").status, 200);
    ASSERT_EQ(b.create("open", {{"isolation", false}}).status, 200);
  }

  void TearDown() override {
    std::filesystem::remove(name);
    daemon_test::TearDown();
  }

  json_answer read(const std::string& session) {
    return b.post("/api/read", {{"path", name}, {"sessionId", session}});
  }
};
INSTANTIATE_TEST_SUITE_P(level, private_tmp,
                         ::testing::Values(config::isolation_level::namespaces,
                                           config::isolation_level::strict),
                         [](const auto& info) {
                           return info.param == config::isolation_level::strict ? "strict" : "namespaces";
                         });

TEST_P(private_tmp, is_of_one_session_and_its_files_alone) {
  EXPECT_EQ(b.output("s", "echo mine >" + name + " && stat -c %a /tmp"), "1777");
  EXPECT_EQ(read("s").body.value("content", ""), "mine\n");
  EXPECT_EQ(read("other").status, 404);
  EXPECT_EQ(b.output("other", "ls -A /tmp"), "");
  EXPECT_FALSE(std::filesystem::exists(name));
  EXPECT_EQ(b.post("/api/write", {{"path", name}, {"content", "theirs"}, {"sessionId", "s"}}).status, 200);
  EXPECT_EQ(b.output("s", "cat " + name), "theirs");
}

TEST_P(private_tmp, is_the_machines_for_a_session_without_namespaces) {
  EXPECT_EQ(b.output("open", "echo all >" + name + "; cat " + name), "all");
  EXPECT_TRUE(std::filesystem::exists(name));
  EXPECT_EQ(read("s").status, 404);
}

TEST_P(private_tmp, is_of_one_context_alone) {
  for (const std::string language : {"python", "javascript"}) {
    const auto context = [&] {
      return b.post("/api/contexts", {{"language", language}}).body.at("id").get<std::string>();
    };
    const bool is_python = language == "python";
    const auto write =
        is_python ? "open('" + name + "', 'x').write('1'); print('made')"
                  : "require('fs').writeFileSync('" + name + "', '1', {flag: 'wx'}); console.log('made')";
    EXPECT_EQ(printed_by_code(daemon.port(), context(), write), "made\n");
    EXPECT_EQ(printed_by_code(daemon.port(), context(), write), "made\n");
  }
}

TEST_P(private_tmp, is_as_large_as_configured) {
  const auto told = b.execute("s", "head -c 2M /dev/zero >" + name);
  EXPECT_EQ(told.body.at("exitCode"), 1);
  EXPECT_THAT(told.body.at("stderr").get<std::string>(), HasSubstr("No space left on device"));
  EXPECT_EQ(b.output("s", "stat -c %s " + name), std::to_string(bytes));
  const auto refused = b.post(
      "/api/write", {{"path", name + "-2"}, {"content", std::string(2 * bytes, 'x')}, {"sessionId", "s"}});
  EXPECT_EQ(refused.status, 500);
  EXPECT_EQ(refused.body.value("code", ""), "NO_SPACE") << refused.body;
  EXPECT_NE(b.execute("other", "(for i in {1..300}; do : >/tmp/$i || exit 1; done)").body.at("exitCode"), 0);
}

} // namespace
} // namespace sandboxd::testing
