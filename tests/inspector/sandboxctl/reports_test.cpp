#include "inspector/sandboxctl/actor_report.hpp"
#include "inspector/sandboxctl/doctor_report.hpp"
#include "inspector/sandboxctl/event_line.hpp"
#include "inspector/sandboxctl/pool_table.hpp"
#include "inspector/sandboxctl/setting_report.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

using namespace std::chrono_literals;

overview with_lints(std::vector<lint> lints) {
  overview made;
  made.version = "1.0";
  made.uptime_milliseconds = 3'600'000;
  made.actors = 46;
  made.lints = std::move(lints);
  return made;
}

TEST(the_doctor, says_that_all_is_well) {
  const auto daemon = with_lints({});
  EXPECT_EQ(painted(doctor_report(daemon), {}),
            "All is well: sandboxd 1.0 has run for 1 h and has 46 actors.\n");
  EXPECT_FALSE(is_critical(daemon));
}

TEST(the_doctor, tells_the_critical_first) {
  const auto daemon = with_lints({{"deep", "warning", "/root/a", "It is deep.", ""},
                                  {"full", "critical", "", "It is\nfull.", "http.max"}});
  EXPECT_EQ(
      painted(doctor_report(daemon), {}),
      "1 critical\n"
      "  the whole daemon  full\n"
      "    It is\\nfull.\n"
      "    setting http.max; its value, and whether it can be changed now: sandboxctl settings http.max\n"
      "\n"
      "1 warning\n"
      "  /root/a  deep\n"
      "    It is deep.\n");
  EXPECT_TRUE(is_critical(daemon));
  EXPECT_FALSE(is_critical(with_lints({{"deep", "warning", "", "", ""}})));
}

TEST(an_event, is_one_line) {
  EXPECT_EQ(event_line(json::parse(R"({"sequence": 1, "time": "2026-11-28T18:23:46.673Z", "kind": "exited",
      "path": "/root/a", "actorKind": "k", "text": "a\nb", "restartsInWindow": 2, "intensity": 5})"))
                .painted({}),
            "2026-11-28 18:23:46.673  exited        /root/a  k  a\\nb  [2 of 5 restarts used]");
  EXPECT_EQ(event_line(json::parse(R"({"time": "t", "kind": "started", "path": "/p"})")).painted({}),
            "t                        started       /p");
}

TEST(pools, are_a_table) {
  EXPECT_EQ(painted(pool_table({{"python", 3, 1, 0, 2, "open", 30'000, "lost", 3, 0},
                                {"javascript", 0, 0, 1, 0, "closed", 0, "", 0, 4}}),
                    {}),
            "LANGUAGE    IDLE  STARTING  LENT  WAITING  MIN       MAX  CIRCUIT                    PROBLEM\n"
            "python         3         1     0        2    3  no limit  open, tried again in 30 s  lost\n"
            "javascript     0         0     1        0    0         4  closed\n");
}

using changes = std::vector<std::pair<std::string, std::string>>;

TEST(bounds_of_a_pool, never_cross_while_they_are_changed) {
  const std::pair<std::string, std::string> least{"interpreter.python-pool-min-size", "5"};
  const std::pair<std::string, std::string> most{"interpreter.python-pool-max-size", "9"};
  pool now;
  now.maximum = 4;
  EXPECT_EQ(pool_settings("python", 5, 9, &now), (changes{most, least}));
  now.maximum = 5;
  EXPECT_EQ(pool_settings("python", 5, 9, &now), (changes{least, most}));
  now.maximum = 0;
  EXPECT_EQ(pool_settings("python", 5, 9, &now), (changes{least, most}));
  EXPECT_EQ(pool_settings("python", 5, 9, nullptr), (changes{least, most}));
  EXPECT_EQ(pool_settings("python", 5, std::nullopt, nullptr), changes{least});
  EXPECT_EQ(pool_settings("python", std::nullopt, 9, nullptr), changes{most});
}

const auto settings = json::parse(R"([
  {"name": "http.port", "value": "1", "configured": "1", "default": "3000", "origin": "flag", "live": false,
   "documentation": "The port."},
  {"name": "log.level", "value": "debug", "configured": "info", "default": "info", "origin": "inspector",
   "live": true, "documentation": "How much."}])");

TEST(settings_of_the_daemon, are_found_by_name_and_group) {
  EXPECT_EQ(settings_named(settings, "").size(), 2u);
  EXPECT_EQ(settings_named(settings, "http").size(), 1u);
  EXPECT_EQ(settings_named(settings, "log.level").size(), 1u);
  EXPECT_EQ(settings_named(settings, "htt").size(), 0u);
  EXPECT_EQ(painted(setting_table(settings), {}), "NAME       VALUE  FROM       LIVE\n"
                                                  "http.port  1      flag       restart\n"
                                                  "log.level  debug  inspector  yes\n");
  EXPECT_EQ(painted(setting_report(settings[1]), {}), "log.level\n"
                                                      "  How much.\n"
                                                      "  value           debug\n"
                                                      "  after a restart info\n"
                                                      "  default         info\n"
                                                      "  comes from      inspector\n"
                                                      "  a change        takes effect at once\n");
}

TEST(an_actor, is_shown_in_full) {
  auto histogram = json::array();
  for (int i = 0; i < 24; ++i)
    histogram.push_back(i == 3 ? 5 : 0);
  const json document{
      {"path", "/root/1/shell"},
      {"kind", "shell"},
      {"phase", "exited"},
      {"status", "\x1b[0m"},
      {"details", {{"id", "alpha"}, {"since", "2026-11-28T18:00:00.000Z"}}},
      {"lastError", "no"},
      {"restarts", 1},
      {"startedAt", "2026-11-28T18:00:00.000Z"},
      {"restartDue", "2026-11-28T18:00:09.000Z"},
      {"pid", 12},
      {"supervisor",
       {{"strategy", "dynamic"}, {"intensity", 5}, {"periodSeconds", 10}, {"used", 6}, {"left", -1}}},
      {"mailbox",
       {{"depth", 2},
        {"highWater", 3},
        {"received", 7},
        {"handled", 5},
        {"oldestMicroseconds", 1500},
        {"handlingMicroseconds", 20},
        {"longestHandlingMicroseconds", 9}}},
      {"actorId", 53},
      {"handlingHistogram", histogram},
      {"waitingHistogram", json::array()},
      {"events", json::array()},
      {"processes",
       {{{"pid", 12},
         {"parent", 1},
         {"state", "S"},
         {"command", "bash\n"},
         {"rssBytes", 2048},
         {"cpuMilliseconds", 1500},
         {"startedAt", "x"}}}}};
  const auto now = std::chrono::sys_days(std::chrono::year(2026) / 11 / 28) + 18h + 5s;
  EXPECT_EQ(painted(actor_report(document, now, true), {}),
            "/root/1/shell\n"
            "  kind          shell\n"
            "  phase         exited\n"
            "  status        \\x1b[0m\n"
            "  id            alpha\n"
            "  since         2026-11-28 18:00:00.000 UTC, 5.0 s ago\n"
            "  last error    no\n"
            "  started       2026-11-28 18:00:00.000 UTC, 5.0 s ago\n"
            "  restarts      1\n"
            "  restart due   2026-11-28 18:00:09.000 UTC\n"
            "  process       12\n"
            "  actor number  53\n"
            "\n"
            "Supervisor\n"
            "  strategy      dynamic\n"
            "  budget        6 of 5 restarts used within 10 s; it has given up\n"
            "\n"
            "Mailbox\n"
            "  waiting       2 messages, at most there were 3\n"
            "  oldest        1.5 ms\n"
            "  messages      7 received, 5 handled\n"
            "  in handlers   20 us, the longest 9 us\n"
            "\n"
            "Times that messages waited\n"
            "  none yet\n"
            "\n"
            "Times that handlers took\n"
            "      < 8 us             5  ████████████████████████████████████████\n"
            "\n"
            "Processes\n"
            "PID  PARENT  INSIDE  STATE   MEMORY    CPU  FILES  DIRECTORY  COMMAND\n"
            " 12       1          S      2.0 KiB  1.5 s                    bash\\n\n"
            "\n"
            "Events (times are UTC)\n"
            "  none that the journal still has\n");
}

TEST(json_for_output, is_ascii_without_anything_that_moves_a_terminal) {
  EXPECT_EQ(one_line(json::parse("{\"b\":\"\xc2\x9b\x7f\\u001b\xc3\xb6\",\"a\":1}")),
            "{\"b\":\"\\u009b\\u007f\\u001b\\u00f6\",\"a\":1}");
}

} // namespace
} // namespace sandboxd::sandboxctl
