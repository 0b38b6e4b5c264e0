#include "launcher/descriptor.hpp"
#include "tests/daemon/standard_error.hpp"
#include "tests/process/daemon_fixture.hpp"
#include "tests/process/daemon_memory.hpp"

#include <cstdint>
#include <string>

/// Requests whose lines in the log are huge, while nobody reads the log, against the memory of the daemon.
namespace sandboxd::testing {
namespace {

constexpr std::uint64_t small_queue = 1 << 20;
constexpr std::uint64_t flood_of_lines = 48 * small_queue;
constexpr std::uint64_t path_bytes = 60'000;

/// How much larger the daemon was at times.
std::uint64_t growth_by_flood(std::uint64_t queue_bytes) {
  auto [out, in] = launcher::make_pipe();
  const redirected_standard_error stalled(in.get());
  test_daemon daemon([queue_bytes](config::settings& s) {
    s.http.max_url_bytes = 64 << 10;
    s.log.level = config::log_level::info;
    s.log.queue_bytes = queue_bytes;
  });
  raw_client client(daemon.port());
  const auto request =
      request_text("GET", '/' + std::string(path_bytes, 'x'), nullptr, "X-Sandbox-Id: tests\r\n");
  const daemon_growth grown;
  for (std::uint64_t sent = 0; sent < flood_of_lines; sent += path_bytes) {
    client.send(request);
    EXPECT_EQ(client.read_reply().status, 404);
  }
  return grown.most();
}

TEST(log_attack, by_a_flood_that_nobody_reads_takes_no_memory_of_the_daemon) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps memory of its own";
#endif
  const auto bounded = growth_by_flood(small_queue);
  ASSERT_GT(growth_by_flood(2 * flood_of_lines), flood_of_lines * 3 / 4)
      << "the attack works where there is no bound";
  EXPECT_LT(bounded, flood_of_lines / 4);
}

} // namespace
} // namespace sandboxd::testing
