#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"
#include "tests/support/small_service.hpp"

#include <gmock/gmock.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// Requests by which the proxy and the probes of ports would reach what nobody has exposed. What a plain
/// client reaches by the same words, curl(1) shows: so would a proxy that connected to what it is told.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// Answers every request with its name.
small_service::handler named(const std::string& name) {
  return [name](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(name.size()) +
                 "\r\n\r\n" + name);
  };
}

/// Sends whoever asks elsewhere.
small_service::handler redirecting(const std::string& url) {
  return [url](service_connection& client) {
    client.read_until("\r\n\r\n");
    client.write("HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: " + url +
                 "\r\n\r\n");
  };
}

/// What a client that believes the URL gets.
std::string curl(const std::string& url) {
  return shell("curl -s --noproxy \"*\" -L \"" + url + "\"");
}

class port_attack : public each_generation {
protected:
  json_answer expose(std::uint16_t port) {
    json body{{"port", port}, {"name", "web"}};
    if (GetParam() == generation::b)
      body["sessionId"] = "s";
    return sdk().post("/api/expose-port", body);
  }
  raw_reply ask_for(const std::string& target, const std::string& host = "localhost") {
    return raw_client(daemon.port())
        .exchange("GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  }
  static std::string proxy(const std::string& rest) { return "/proxy/" + rest; }
};
FOR_EACH_GENERATION(port_attack);

TEST_P(port_attack, on_the_control_interface_reaches_nothing) {
  const auto port = std::to_string(daemon.port());
  EXPECT_THAT(curl("http://127.0.0.1:" + port + "/api/ping"), HasSubstr("\"pong\""))
      << "the attack works without the defence";
  const auto refused = expose(daemon.port());
  EXPECT_EQ(refused.status, 400) << refused.body;
  for (const std::string& number : {port, "0" + port})
    for (const std::string path : {"/api/ping", "/api/commands", "//api/ping", "/../api/ping"}) {
      const auto answer = ask_for(proxy(number + path));
      EXPECT_EQ(answer.status, 404) << number << path;
      EXPECT_THAT(answer.body, HasSubstr("is not exposed")) << "and not for want of such a path";
    }
  const auto probed = sdk().post("/api/port-check", {{"port", daemon.port()}, {"path", "/none"}});
  EXPECT_EQ(probed.status, 200) << "which tells that it serves, and gives nothing of it away";
}

TEST_P(port_attack, on_ports_that_are_not_exposed_reaches_none) {
  small_service hidden(named("hidden"));
  small_service shown_one(named("shown"));
  const auto port = std::to_string(hidden.port());
  const auto exposed = std::to_string(shown_one.port());
  ASSERT_EQ(curl("http://127.0.0.1:" + port + "/"), "hidden") << "the attack works without the defence";
  ASSERT_EQ(expose(shown_one.port()).status, 200);
  EXPECT_EQ(ask_for(proxy(exposed + "/")).body, "shown");
  EXPECT_EQ(ask_for(proxy(port + "/")).status, 404);
  EXPECT_EQ(ask_for(proxy("0" + port + "/")).status, 404);
  for (const std::string& trick :
       {exposed + "/../" + port + "/", exposed + "/..%2f" + port + "/", exposed + "//127.0.0.1:" + port + "/",
        exposed + "/http://127.0.0.1:" + port + "/"}) {
    const auto answer = ask_for(proxy(trick), "127.0.0.1:" + port);
    EXPECT_TRUE(answer.status == 404 || answer.body == "shown") << trick << answer.body;
  }
  EXPECT_EQ(hidden.connections(), 1) << "that of curl";
}

TEST_P(port_attack, on_other_addresses_reaches_none) {
  small_service here(named("here"));
  const auto port = std::to_string(here.port());
  small_service elsewhere(named("elsewhere"), "127.0.0.2", here.port());
  const auto address = "127.0.0.2:" + port;
  ASSERT_EQ(expose(here.port()).status, 200);
  // A proxy that took what stands for the port into a URL would be led there by any of these.
  const std::vector<std::string> tricks{port + "@" + address, port + ":x@" + address};
  for (const auto& trick : tricks) {
    EXPECT_EQ(curl("http://localhost:" + trick + "/"), "elsewhere") << "the attack works without the defence";
    EXPECT_EQ(ask_for(proxy(trick + "/")).status, 400) << trick;
  }
  EXPECT_EQ(curl("http://" + address + "/"), "elsewhere");
  for (const std::string& trick : {address, "@" + address, "//" + address, "[::ffff:127.0.0.2]:" + port})
    EXPECT_EQ(ask_for(proxy(trick + "/")).status, 400) << trick;
  // A proxy that went where the request line or Host says would be led there by these.
  ASSERT_EQ(
      shell("curl -s --noproxy \"*\" -H \"Host: " + address + "\" http://" + address + "/proxy/" + port),
      "elsewhere");
  for (const std::string& target :
       {"http://" + address + "/proxy/" + port + "/", proxy(port + "//" + address + "/"),
        proxy(port + "/http://" + address + "/"), proxy(port + "/@" + address)})
    EXPECT_EQ(ask_for(target, address).body, "here") << target;
  EXPECT_EQ(elsewhere.connections(), static_cast<int>(tricks.size()) + 2) << "all of curl";
}

/// An exposed port at which nothing listens on the loopback leads nowhere else.
TEST_P(port_attack, on_a_service_at_another_address_alone_reaches_nothing) {
  const small_service elsewhere(named("elsewhere"), "127.0.0.2", 0);
  const auto port = std::to_string(elsewhere.port());
  ASSERT_EQ(curl("http://127.0.0.2:" + port + "/"), "elsewhere") << "the attack works without the defence";
  ASSERT_EQ(expose(elsewhere.port()).status, 200);
  EXPECT_EQ(ask_for(proxy(port + "/"), "127.0.0.2:" + port).status, 502);
  EXPECT_EQ(sdk().post("/api/port-check", {{"port", elsewhere.port()}, {"mode", "tcp"}}).body["ready"],
            false);
  EXPECT_EQ(elsewhere.connections(), 1) << "that of curl";
}

TEST_P(port_attack, by_redirects_leads_no_probe_and_no_relay_elsewhere) {
  small_service hidden(named("hidden"));
  small_service elsewhere(named("elsewhere"), "127.0.0.2", hidden.port());
  const auto port = std::to_string(hidden.port());
  for (const auto& [url, name] : {std::pair{"http://127.0.0.1:" + port + "/", "hidden"},
                                  std::pair{"http://127.0.0.2:" + port + "/", "elsewhere"},
                                  std::pair{"//localhost@127.0.0.2:" + port + "/", "elsewhere"}}) {
    SCOPED_TRACE(url);
    small_service sly(redirecting(url));
    ASSERT_EQ(curl("http://127.0.0.1:" + std::to_string(sly.port()) + "/"), name)
        << "the attack works without the defence";
    const auto probed = sdk().post("/api/port-check", {{"port", sly.port()}, {"mode", "http"}});
    EXPECT_EQ(probed.body["statusCode"], 302) << probed.body;
    EXPECT_EQ(sly.connections(), 2) << "of curl and of the probe, which goes no further";
    ASSERT_EQ(expose(sly.port()).status, 200);
    EXPECT_EQ(ask_for(proxy(std::to_string(sly.port()) + "/")).status, 302) << "which its client may follow";
  }
  EXPECT_EQ(hidden.connections(), 1) << "that of curl";
  EXPECT_EQ(elsewhere.connections(), 2);
}

} // namespace
} // namespace sandboxd::testing
