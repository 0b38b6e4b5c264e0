#include "launcher/host_addresses.hpp"

#include <gtest/gtest.h>

#include <string>

namespace sandboxd::launcher {
namespace {

using config::destination_form;

const std::vector<config::destination> allowed{{destination_form::name, "b.example"},
                                               {destination_form::ipv4, "10.0.0.0/8"},
                                               {destination_form::name, "a.example"},
                                               {destination_form::ipv6, "2001:db8::/32"},
                                               {destination_form::name, "b.example"}};

looked_up found(std::vector<std::string> ipv4, std::vector<std::string> ipv6) {
  return {std::move(ipv4), std::move(ipv6), 0, {}};
}

TEST(host_addresses, are_those_of_the_list_until_names_are_known) {
  const host_addresses known(allowed);
  EXPECT_EQ(known.names(), (std::vector<std::string>{"b.example", "a.example"}));
  EXPECT_EQ(known.all(), (allowed_addresses{{"10.0.0.0/8"}, {"2001:db8::/32"}}));
}

TEST(host_addresses, follow_what_is_found) {
  host_addresses known(allowed);
  EXPECT_TRUE(known.update("a.example", found({"192.0.2.1", "192.0.2.2"}, {"2001:db8::1"})));
  EXPECT_TRUE(known.update("b.example", found({"192.0.2.9"}, {})));
  EXPECT_EQ(known.all(), (allowed_addresses{{"10.0.0.0/8", "192.0.2.1", "192.0.2.2", "192.0.2.9"},
                                            {"2001:db8::/32", "2001:db8::1"}}));
  EXPECT_FALSE(known.update("b.example", found({"192.0.2.9"}, {})));
  EXPECT_TRUE(known.update("a.example", found({"192.0.2.2"}, {})));
  EXPECT_EQ(known.all(), (allowed_addresses{{"10.0.0.0/8", "192.0.2.2", "192.0.2.9"}, {"2001:db8::/32"}}));
}

TEST(host_addresses, stay_when_a_look_up_fails) {
  host_addresses known(allowed);
  known.update("a.example", found({"192.0.2.1"}, {}));
  EXPECT_FALSE(known.update("a.example", {{}, {}, 0, "no answer"}));
  EXPECT_EQ(known.all().ipv4, (std::vector<std::string>{"10.0.0.0/8", "192.0.2.1"}));
}

TEST(host_addresses, stand_below_those_of_the_machine_in_the_order_of_the_list) {
  host_addresses known(allowed);
  known.update("a.example", found({"192.0.2.1"}, {"2001:db8::1"}));
  known.update("b.example", found({"192.0.2.9"}, {}));
  EXPECT_EQ(known.hosts_file("127.0.0.1 localhost"), "127.0.0.1 localhost\n"
                                                     "# Names of network.allow, kept by sandboxd\n"
                                                     "192.0.2.9 b.example\n"
                                                     "192.0.2.1 a.example\n"
                                                     "2001:db8::1 a.example\n");
  EXPECT_EQ(host_addresses({}).hosts_file("x\n"), "x\n");
}

TEST(host_addresses, of_names_are_ordinary_ones) {
  for (const char* address :
       {"10.0.0.1", "192.0.2.1", "172.17.0.1", "223.255.255.255", "2001:db8::1", "fd00::1"})
    EXPECT_TRUE(may_stand_for_name(address)) << address;
  for (const char* address : {"127.0.0.1",
                              "127.0.0.11",
                              "0.0.0.0",
                              "0.1.2.3",
                              "169.254.169.254",
                              "224.0.0.251",
                              "239.1.1.1",
                              "255.255.255.255",
                              "100.100.100.200",
                              "192.0.0.192",
                              "168.63.129.16",
                              "fd00:ec2::254",
                              "fd00:ec2::23",
                              "fd20:ce::254",
                              "fd00:42::42",
                              "64:ff9b::a9fe:a9fe",
                              "2002:a9fe:a9fe::1",
                              "::169.254.169.254",
                              "::",
                              "::1",
                              "fe80::1",
                              "ff02::fb",
                              "::ffff:10.0.0.1",
                              "a.example",
                              ""})
    EXPECT_FALSE(may_stand_for_name(address)) << address;
}

TEST(looked_up_name, tells_addresses_it_does_not_use_and_why_there_are_none) {
  const auto local = look_up("localhost");
  EXPECT_EQ(local.problem, "");
  EXPECT_TRUE(local.ipv4.empty() && local.ipv6.empty());
  EXPECT_GE(local.left_out, 1u);
  EXPECT_NE(look_up("no-such-name.invalid").problem, "");
}

} // namespace
} // namespace sandboxd::launcher
