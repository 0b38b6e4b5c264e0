#include "tests/process/daemon_fixture.hpp"
#include "tests/process/daemon_memory.hpp"

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

/// Output without an end that nobody reads, against the memory of the daemon.
namespace sandboxd::testing {
namespace {

constexpr std::uint64_t mebibyte = 1 << 20;
constexpr std::uint64_t flood = 128 * mebibyte;

/// What keeps the output and how much of it, in memory.
struct keeper {
  const char* name;
  std::uint64_t config::session_settings::*of_session;
  std::uint64_t config::process_settings::*of_process;
};
std::ostream& operator<<(std::ostream& to, const keeper& which) {
  return to << which.name;
}

class flood_attack : public ::testing::TestWithParam<keeper> {
protected:
  static bool is_command() { return GetParam().of_session != nullptr; }

  static test_daemon::adjustment settings(std::uint64_t in_memory) {
    return [=](config::settings& s) {
      s.session.output_memory_budget_bytes = 4 * flood;
      if (is_command())
        s.session.*GetParam().of_session = in_memory;
      else
        s.process.*GetParam().of_process = in_memory;
    };
  }

  static void send(raw_client& client, const std::string& command) {
    const json body{{"command", command}, {"sessionId", "s"}};
    client.send(request_text("POST", is_command() ? "/api/execute" : "/api/process/start", body,
                             "X-Sandbox-Id: tests\r\n"));
  }

  /// How much larger the daemon was at times while it kept a flood.
  static std::uint64_t growth(std::uint64_t in_memory) {
    test_daemon daemon(settings(in_memory));
    sdk_client(daemon.port(), generation::b).create("s");
    const daemon_growth grown;
    raw_client client(daemon.port()); // takes no answer
    send(client, "head -c " + std::to_string(flood) + " /dev/zero; touch over");
    EXPECT_TRUE(eventually([&] { return exists(daemon.workspace() / "over"); }, std::chrono::seconds(60)));
    return grown.most();
  }
};

INSTANTIATE_TEST_SUITE_P(of, flood_attack,
                         ::testing::Values(keeper{"a_command", &config::session_settings::output_memory_bytes,
                                                  nullptr},
                                           keeper{"a_background_process", nullptr,
                                                  &config::process_settings::output_memory_bytes}),
                         name_of_case());

TEST_P(flood_attack, takes_no_memory_of_the_daemon) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps memory of its own";
#endif
  const auto bounded = growth(mebibyte);
  ASSERT_GT(growth(2 * flood), flood * 3 / 4) << "the attack works where there is no bound";
  EXPECT_LT(bounded, flood / 4);
}

} // namespace
} // namespace sandboxd::testing
