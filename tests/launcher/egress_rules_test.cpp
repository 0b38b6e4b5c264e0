#include "launcher/egress_rules.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sandboxd::launcher {
namespace {

// What the kernel makes of them tests/process/egress_test.py shows.
TEST(egress_rules, name_the_group_of_workloads_and_its_level) {
  EXPECT_EQ(make_rules("sandboxd-7", "/sys/fs/cgroup/unified/sandboxd-workloads-a", 3),
            R"(table inet sandboxd-7 {
  flags owner
  set allowed_ipv4 { type ipv4_addr; flags interval; auto-merge; }
  set allowed_ipv6 { type ipv6_addr; flags interval; auto-merge; }
  chain refused {
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }
  chain workloads {
    ip option lsrr exists goto refused
    ip option ssrr exists goto refused
    exthdr rt exists goto refused
    meta l4proto { tcp, udp } th sport 53 goto refused
    ip daddr @allowed_ipv4 accept
    ip6 daddr @allowed_ipv6 accept
    tcp flags & (fin | syn | rst | ack) != syn accept
    meta l4proto { tcp, udp } th dport 53 goto refused
    ip daddr 127.0.0.11 goto refused
    oif "lo" fib daddr type local accept
    goto refused
  }
  chain output {
    type filter hook output priority -150; policy accept;
    socket cgroupv2 level 3 "../../../sys/fs/cgroup/unified/sandboxd-workloads-a" goto workloads
  }
}
)");
}

TEST(egress_rules, name_no_group_whose_name_would_end_the_text) {
  for (const char* group : {"/a\"b", "/a\nb", "/a\\b", "a", ""})
    EXPECT_THROW(make_rules("t", group, 1), std::invalid_argument) << group;
}

TEST(egress_rules, allow_one_list_instead_of_the_one_before) {
  EXPECT_EQ(change_allowed("t", {{"10.0.0.0/8", "192.0.2.1"}, {"2001:db8::1"}}),
            "flush set inet t allowed_ipv4\n"
            "add element inet t allowed_ipv4 { 10.0.0.0/8, 192.0.2.1 }\n"
            "flush set inet t allowed_ipv6\n"
            "add element inet t allowed_ipv6 { 2001:db8::1 }\n");
  EXPECT_EQ(change_allowed("t", {}), "flush set inet t allowed_ipv4\nflush set inet t allowed_ipv6\n");
}

TEST(egress_rules, are_removed_with_their_table) {
  EXPECT_EQ(remove_rules("t"), "delete table inet t\n");
}

} // namespace
} // namespace sandboxd::launcher
