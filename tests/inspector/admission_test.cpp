#include "tests/daemon/standard_error.hpp"
#include "tests/inspector/inspector_fixture.hpp"
#include "tests/process/workload_limits.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <string_view>

/// Who may use the inspector.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class inspector_admission : public inspected_daemon {
protected:
  using inspected_daemon::inspected_daemon;

  raw_reply ask(std::string_view more_headers, std::string_view line = "GET /inspector/api/journal",
                std::string_view body = "") {
    raw_client client(daemon.inspector_port());
    std::string text(line);
    text.append(" HTTP/1.1\r\n").append(more_headers);
    client.send(text.append("Content-Length: ") + std::to_string(body.size()) + "\r\n\r\n" +
                std::string(body));
    return client.read_reply();
  }
};

/// By a name that an attacker has made to mean this machine.
TEST_F(inspector_admission, is_refused_to_pages_that_rebind_a_name) {
  EXPECT_EQ(ask("Host: localhost\r\n").status, 200);
  EXPECT_EQ(ask("Host: evil.example\r\n").status, 403);
}

TEST_F(inspector_admission, is_not_granted_to_pages_of_other_origins) {
  const auto answered = ask("Host: localhost\r\nOrigin: http://evil.example\r\n");
  EXPECT_EQ(answered.header("access-control-allow-origin"), "");
  EXPECT_NE(ask("Host: localhost\r\n", "OPTIONS /inspector/api/journal").status, 200);
}

TEST_F(inspector_admission, does_nothing_for_pages_of_other_origins) {
  EXPECT_EQ(ask("Host: localhost\r\nSec-Fetch-Site: same-origin\r\n").status, 200);
  EXPECT_EQ(ask("Host: localhost\r\nSec-Fetch-Site: none\r\n").status, 200);
  for (const auto* site : {"same-site", "cross-site", ""})
    EXPECT_EQ(ask(std::string("Host: localhost\r\nSec-Fetch-Site: ") + site + "\r\n").status, 403) << site;
}

/// The daemon itself would be the client.
TEST_F(inspector_admission, is_not_to_be_had_by_the_proxy_of_the_sandbox) {
  const auto port = daemon.inspector_port();
  EXPECT_EQ(b.post("/api/expose-port", {{"port", port}}).status, 400);
  raw_client client(daemon.port());
  client.send("GET /proxy/" + std::to_string(port) +
              "/inspector/api/journal HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  EXPECT_NE(client.read_reply().status, 200);
}

/// What a form of another origin can send without being asked.
TEST_F(inspector_admission, takes_orders_in_json_alone) {
  const auto path = R"({"path":")" + of_session("shell") + R"("})";
  for (const auto* type :
       {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"})
    EXPECT_EQ(ask(std::string("Host: localhost\r\nContent-Type: ") + type + "\r\n",
                  "POST /inspector/api/actor/restart", path)
                  .status,
              400)
        << type;
  EXPECT_EQ(actor(of_session("shell")).at("restarts"), 0);
}

/// The loopback of the daemon is theirs, too, but at `strict`.
class inspector_and_workloads : public ::testing::Test {
protected:
  void SetUp() override {
    if (const auto reason = why_not_marked(); !reason.empty())
      GTEST_SKIP() << reason;
  }

  /// The status of the answer that a session gets.
  static std::string seen_by_a_session(bool is_admitted) {
    test_daemon daemon([=](config::settings& s) { s.inspector.admit_workloads = is_admitted; });
    sdk_client sdk(daemon.port(), generation::b);
    return sdk.output("s", "curl -s -o /dev/null -w '%{http_code}' -m 10 http://127.0.0.1:" +
                               std::to_string(daemon.inspector_port()) + "/inspector/api/journal");
  }
};

/// They may connect, and send a byte.
TEST_F(inspector_and_workloads, leave_room_for_clients) {
  if (level_of_daemons() == config::isolation_level::strict)
    GTEST_SKIP() << "they cannot connect at this level";
  test_daemon daemon([](config::settings& s) {
    s.inspector.admit_workloads = false;
    s.inspector.max_connections = 8;
  });
  sdk_client sdk(daemon.port(), generation::b);
  const auto port = std::to_string(daemon.inspector_port());
  const auto opened = "for n in $(seq 8); do exec {held}<>/dev/tcp/127.0.0.1/" + port +
                      "; printf G >&$held; done; echo open; sleep 4711 >/dev/null 2>&1 &";
  EXPECT_EQ(sdk.output("s", opened), "open");
  for (auto count = 0; count < 3; ++count) {
    raw_client client(daemon.inspector_port());
    client.send("GET /inspector/api/overview HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(client.read_reply().status, 200);
  }
}

TEST_F(inspector_and_workloads, are_kept_apart) {
  const bool is_strict = level_of_daemons() == config::isolation_level::strict;
  EXPECT_EQ(seen_by_a_session(true), is_strict ? "000" : "200");
  EXPECT_EQ(seen_by_a_session(false), is_strict ? "000" : "403");
}

/// There before the daemon.
struct token_file {
  static constexpr std::string_view token = "a-token-of-some-length";
  token_file() { std::ofstream(directory / "token") << token; }
  temporary_directory directory;
};

class inspector_with_a_token : protected token_file, public inspector_admission {
protected:
  inspector_with_a_token()
      : inspector_admission([this](config::settings& s) {
          s.http.token_file = (directory / "token").string();
          s.http.require_token = true;
        }) {}

  void SetUp() override {}
};

TEST_F(inspector_with_a_token, wants_it) {
  EXPECT_EQ(ask("Host: localhost\r\n").status, 401);
  EXPECT_EQ(ask("Host: localhost\r\nAuthorization: Bearer wrong-token-of-length\r\n").status, 401);
  EXPECT_EQ(
      ask(std::string("Host: localhost\r\nAuthorization: Bearer ") + std::string(token) + "\r\n").status,
      200);
}

TEST(inspector_port, that_is_taken_costs_nobody_the_sandbox) {
  test_daemon first;
  test_daemon second([&](config::settings& s) { s.inspector.port = first.inspector_port(); });
  sdk_client sdk(second.port(), generation::b);
  EXPECT_EQ(sdk.execute("s", "true").status, 200);
  const auto record = second.actors().record("/root/inspector");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->status(), "waiting to listen");
  EXPECT_THAT(record->last_error(), HasSubstr("inspector.port"));
}

TEST(inspector, is_not_there_when_nobody_wants_it) {
  test_daemon daemon([](config::settings& s) { s.inspector.enabled = false; });
  EXPECT_EQ(daemon.actors().record("/root/inspector"), nullptr);
}

} // namespace
} // namespace sandboxd::testing
