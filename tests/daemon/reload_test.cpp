#include "tests/daemon/running_daemon.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <signal.h>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

/// SIGHUP, and what the log says of starts that fail.
namespace sandboxd::testing {
namespace {

class daemon_log : public ::testing::Test {
protected:
  daemon_log() : file_(open_to_append(directory / "log")) {}
  ~daemon_log() override { ::close(file_); }

  bool tells(std::string_view text) {
    return eventually([&] { return read_text(directory / "log").find(text) != std::string::npos; });
  }

  void configure(const std::string& text) { std::ofstream(directory / "sandboxd.conf") << text; }

  std::vector<std::string> configured(std::vector<std::string> flags) {
    flags.push_back("--config-file=" + (directory / "sandboxd.conf").string());
    return flags;
  }

  temporary_directory directory;

private:
  int file_;

protected:
  redirected_standard_error redirected{file_};
};

TEST_F(daemon_log, a_hangup_brings_live_keys_into_force_and_says_what_changed) {
  configure("[log]\nlevel = \"info\"\n[http]\nmax-json-depth = 10\n");
  running_daemon daemon(directory, configured({"--log.format=text"}), {});
  daemon.port();
  configure("[log]\nlevel = \"debug\"\n[http]\nmax-json-depth = 11\n");
  ::kill(::getpid(), SIGHUP);
  EXPECT_TRUE(tells("changed log.level: info -> debug"));
  EXPECT_TRUE(tells("needs a restart: http.max-json-depth: 10 -> 11"));
  configure("[log]\nlevel = \"loud\"\n");
  ::kill(::getpid(), SIGHUP);
  EXPECT_TRUE(tells("log.level = loud: not a word known here"));
  daemon.request_stop();
  EXPECT_EQ(daemon.exit_code(), 0);
  EXPECT_TRUE(tells("stopped")) << "lifecycle events are of level debug, which is in force";
}

TEST_F(daemon_log, a_hangup_that_changes_nothing_says_so) {
  configure("");
  running_daemon daemon(directory, configured({"--log.format=text"}), {});
  daemon.port();
  ::kill(::getpid(), SIGHUP);
  EXPECT_TRUE(tells("nothing has changed"));
}

TEST_F(daemon_log, says_why_the_start_failed_whatever_its_level) {
  // An address that this machine does not have.
  running_daemon daemon(directory, {"--log.level=error", "--log.format=text", "--http.address=192.0.2.1"},
                        {});
  EXPECT_EQ(daemon.exit_code(), 1);
  EXPECT_TRUE(tells("ends: start_failed: child 'http'"));
}

} // namespace
} // namespace sandboxd::testing
