#include "tests/process/daemon_fixture.hpp"
#include "tests/support/small_service.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <utility>

/// Exposed ports, waits for services and the proxy through the whole daemon (HTTP.md 8).
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

class ports_of_a_sandbox : public each_generation {
protected:
  ports_of_a_sandbox()
      : each_generation([](config::settings& settings) { settings.ports.max_watches = 2; }) {}

  [[nodiscard]] bool in_a() const { return GetParam() == generation::a; }

  json_answer expose(std::uint16_t port, const std::string& name = "web") {
    json body{{"port", port}, {"name", name}};
    if (!in_a())
      body["sessionId"] = "s";
    return sdk().post("/api/expose-port", body);
  }
  json_answer unexpose(std::uint16_t port) {
    sdk().send(in_a() ? request_text("DELETE", "/api/unexpose-port", {{"port", port}})
                      : "DELETE /api/exposed-ports/" + std::to_string(port) +
                            "?session=s HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return sdk().answer();
  }
  raw_reply through_proxy(std::uint16_t port, const std::string& rest = "/") {
    return raw_client(daemon.port())
        .exchange("GET /proxy/" + std::to_string(port) + rest + " HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  event_stream watch(json body) { return {daemon.port(), request_text("POST", "/api/port-watch", body)}; }
  std::string start(const std::string& command) {
    json body{{"command", command}, {"sessionId", "s"}};
    if (in_a())
      body["options"] = json::object();
    const auto answer = sdk().post("/api/process/start", body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return answer.body.value("processId", "none");
  }
  /// Waits under way.
  [[nodiscard]] long watches() const {
    const auto all = daemon.actors().snapshot();
    return std::count_if(all.begin(), all.end(),
                         [](const auto& actor) { return actor.kind == "port-watch"; });
  }
  /// A port at which nothing listens.
  static std::uint16_t free_port() {
    return small_service([](service_connection&) {}).port();
  }
  /// A web server of the sandbox, of real Python.
  static std::string web_server(std::uint16_t port) {
    return "exec python3 -m http.server --bind 127.0.0.1 " + std::to_string(port);
  }
};

FOR_EACH_GENERATION(ports_of_a_sandbox);

TEST_P(ports_of_a_sandbox, are_reached_through_the_proxy_while_exposed) {
  const auto port = free_port();
  run("echo from inside > page.txt");
  start(web_server(port));
  EXPECT_EQ(expose(port).status, 200);
  auto ready = watch({{"port", port}, {"mode", "http"}, {"interval", 100}});
  EXPECT_EQ(ready.rest().back()["type"], "ready");
  const auto page = through_proxy(port, "/page.txt");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "from inside\n");
  EXPECT_EQ(unexpose(port).status, 200);
  EXPECT_EQ(through_proxy(port, "/page.txt").status, 404);
  EXPECT_EQ(unexpose(port).status, 404);
}

TEST_P(ports_of_a_sandbox, stay_exposed_when_their_registry_crashes) {
  EXPECT_EQ(expose(8080).status, 200);
  EXPECT_EQ(expose(8080).status, in_a() ? 200 : 409);
  ASSERT_TRUE(daemon.actors().inject_fault("/root/sandbox/workload/ports/registry"));
  expose(8081); // may be lost with it, and is said to be then
  EXPECT_TRUE(eventually([&] { return expose(8082).status == 200; }));
  sdk().send("GET /api/exposed-ports HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto listed = sdk().answer().body;
  EXPECT_EQ(listed["ports"][0]["port"], 8080) << listed;
}

TEST_P(ports_of_a_sandbox, never_include_that_of_the_control_interface) {
  for (const std::uint16_t port : {std::uint16_t{3000}, daemon.port()}) {
    const auto answer = expose(port);
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_EQ(through_proxy(port, "/api/ping").status, 404);
  }
}

TEST_P(ports_of_a_sandbox, watched_for_are_told_of_once_they_serve) {
  const auto port = free_port();
  auto events = watch({{"port", port}, {"mode", "http"}, {"interval", 100}});
  EXPECT_EQ(events.next(), json({{"type", "watching"}, {"port", port}}));
  start(web_server(port));
  EXPECT_EQ(events.next(), json({{"type", "ready"}, {"port", port}, {"statusCode", 200}}));
  EXPECT_EQ(events.next(), std::nullopt);
}

TEST_P(ports_of_a_sandbox, watched_for_a_process_end_with_it_at_once) {
  const auto id = start("read -r < <(sleep 100)");
  auto events = watch({{"port", free_port()}, {"mode", "tcp"}, {"processId", id}, {"interval", 10'000}});
  events.next();
  sdk().send("DELETE /api/process/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(sdk().answer().status, 200);
  const auto last = events.next();
  ASSERT_TRUE(last);
  EXPECT_EQ((*last)["type"], "process_exited");
  EXPECT_EQ((*last)["exitCode"], 143);
  EXPECT_EQ(events.next(), std::nullopt);
  // HTTP.md 8.3: checked before each probe, so also of one that is over.
  auto late = watch({{"port", free_port()}, {"mode", "tcp"}, {"processId", id}});
  EXPECT_EQ(late.rest().back()["type"], "process_exited");
}

// Appendix A of HTTP.md.
TEST_P(ports_of_a_sandbox, watched_for_an_unknown_process_are_an_error) {
  auto events = watch({{"port", 1}, {"mode", "tcp"}, {"processId", "none"}});
  EXPECT_EQ(events.rest(),
            (std::vector<json>{{{"type", "watching"}, {"port", 1}},
                               {{"type", "error"}, {"port", 1}, {"error", "Process not found"}}}));
}

TEST_P(ports_of_a_sandbox, watched_for_are_bounded_and_let_go_with_their_clients) {
  const json body{{"port", free_port()}, {"mode", "tcp"}, {"interval", 100}};
  {
    auto first = watch(body);
    auto second = watch(body);
    ASSERT_TRUE(eventually([&] { return watches() == 2; }));
    auto third = watch(body);
    EXPECT_EQ(
        third.rest().back(),
        json({{"type", "error"}, {"port", body["port"]}, {"error", "There are too many waits for ports"}}));
  }
  EXPECT_TRUE(eventually([&] { return watches() == 0; }));
}

TEST_P(ports_of_a_sandbox, are_checked_once) {
  small_service service([](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 503 Not Yet\r\nContent-Length: 0\r\n\r\n");
  });
  const auto status = sdk().post("/api/port-check", {{"port", service.port()}, {"mode", "http"}});
  EXPECT_EQ(status.body["ready"], false);
  EXPECT_EQ(status.body["statusCode"], 503);
  EXPECT_EQ(sdk().post("/api/port-check", {{"port", service.port()}, {"mode", "tcp"}}).body["ready"], true);
  EXPECT_EQ(sdk().post("/api/port-check", {{"port", free_port()}, {"mode", "tcp"}}).body["ready"], false);
}

} // namespace
} // namespace sandboxd::testing
