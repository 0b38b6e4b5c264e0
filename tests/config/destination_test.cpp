#include "config/destination.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sandboxd::config {
namespace {

using list = std::vector<destination>;
constexpr auto v4 = destination_form::ipv4;
constexpr auto v6 = destination_form::ipv6;
constexpr auto host = destination_form::name;

TEST(destinations, are_read_in_their_order) {
  const struct {
    std::string_view text;
    list expected;
  } table[] = {
      {"", {}},
      {"  ", {}},
      {"10.0.0.1", {{v4, "10.0.0.1"}}},
      {"10.0.0.0/8", {{v4, "10.0.0.0/8"}}},
      {"0.0.0.0/0", {{v4, "0.0.0.0/0"}}},
      {"192.168.7.4/30", {{v4, "192.168.7.4/30"}}},
      {"192.168.7.5/32", {{v4, "192.168.7.5/32"}}},
      {"::1", {{v6, "::1"}}},
      {"2001:db8::/32", {{v6, "2001:db8::/32"}}},
      {"2001:DB8::7/128", {{v6, "2001:DB8::7/128"}}},
      {"::/0", {{v6, "::/0"}}},
      {"localhost", {{host, "localhost"}}},
      {"deb.debian.org", {{host, "deb.debian.org"}}},
      {"1.pool.ntp.org", {{host, "1.pool.ntp.org"}}},
      {"3com.com", {{host, "3com.com"}}},
      {"_http._tcp.Example.com", {{host, "_http._tcp.Example.com"}}},
      {"10.0.0.1,::1,a.b", {{v4, "10.0.0.1"}, {v6, "::1"}, {host, "a.b"}}},
      {" 10.0.0.1 , a.b ", {{v4, "10.0.0.1"}, {host, "a.b"}}},
  };
  for (const auto& [text, expected] : table) {
    const auto read = read_destinations(text);
    ASSERT_TRUE(std::holds_alternative<list>(read)) << text << ": " << std::get<std::string>(read);
    EXPECT_EQ(std::get<list>(read), expected) << text;
  }
}

TEST(destinations, are_refused_with_the_item_and_the_reason) {
  const std::string no_item = " is neither an address, nor a block of addresses, nor the name of a host";
  const struct {
    std::string text;
    std::string expected;
  } table[] = {
      {"10.0.0", "\"10.0.0\"" + no_item},
      {"10.0.0.256", "\"10.0.0.256\"" + no_item},
      {"10.0.0.1:80", "\"10.0.0.1:80\"" + no_item},
      {"https://a.b/", "\"https://a.b/\"" + no_item},
      {"a.b/24", "\"a.b/24\"" + no_item},
      {"*.a.b", "\"*.a.b\"" + no_item},
      {"a..b", "\"a..b\"" + no_item},
      {"a.b.", "\"a.b.\"" + no_item},
      {"-a.b", "\"-a.b\"" + no_item},
      {"a-.b", "\"a-.b\"" + no_item},
      {"a b", "\"a b\"" + no_item},
      {"a}; flush ruleset", "\"a}; flush ruleset\"" + no_item},
      {std::string(64, 'a'), '"' + std::string(64, 'a') + '"' + no_item},
      {"a.b,,c.d", "\"\"" + no_item},
      {"a.b,", "\"\"" + no_item},
      {"10.0.0.0/", "\"10.0.0.0/\" needs a length of 0 to 32 after its slash"},
      {"10.0.0.0/33", "\"10.0.0.0/33\" needs a length of 0 to 32 after its slash"},
      {"10.0.0.0/08", "\"10.0.0.0/08\" needs a length of 0 to 32 after its slash"},
      {"10.0.0.0/-1", "\"10.0.0.0/-1\" needs a length of 0 to 32 after its slash"},
      {"10.0.0.0/8/9", "\"10.0.0.0/8/9\" needs a length of 0 to 32 after its slash"},
      {"::/129", "\"::/129\" needs a length of 0 to 128 after its slash"},
      {"10.0.0.1/8", "\"10.0.0.1/8\" is no block: the address has bits beyond its first 8"},
      {"2001:db8::1/64", "\"2001:db8::1/64\" is no block: the address has bits beyond its first 64"},
      {"::ffff:10.0.0.1", "\"::ffff:10.0.0.1\" is an IPv4 address within IPv6, which stands here as IPv4"},
  };
  for (const auto& [text, expected] : table) {
    const auto read = read_destinations(text);
    ASSERT_TRUE(std::holds_alternative<std::string>(read)) << text;
    EXPECT_EQ(std::get<std::string>(read), expected);
  }
}

TEST(destinations, are_bounded_in_number) {
  std::string text = "a.b";
  for (std::size_t i = 1; i < most_destinations; ++i)
    text += ",a.b";
  EXPECT_EQ(std::get<list>(read_destinations(text)).size(), most_destinations);
  EXPECT_EQ(std::get<std::string>(read_destinations(text + ",a.b")), "more than 256 items");
}

} // namespace
} // namespace sandboxd::config
