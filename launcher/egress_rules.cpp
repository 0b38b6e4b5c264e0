#include "launcher/egress_rules.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

namespace sandboxd::launcher {

namespace {

/// Nft looks groups up below /sys/fs/cgroup, wherever they are.
std::string group_in_rules(const std::filesystem::path& group) {
  const auto text = group.string();
  if (!group.is_absolute() || text.find_first_of("\"\n\\") != std::string::npos)
    throw std::invalid_argument("no name for rules: " + text);
  return "../../.." + text;
}

std::string change_set(const std::string& table, std::string_view set,
                       const std::vector<std::string>& elements) {
  auto text = fmt::format("flush set inet {} {}\n", table, set);
  if (!elements.empty())
    text += fmt::format("add element inet {} {} {{ {} }}\n", table, set, fmt::join(elements, ", "));
  return text;
}

} // namespace

// Before NAT (priority -100), or a name server whose port is changed on its way, as Docker does with that of
// containers, would not be known. TCP is told by its first packet alone, without the kernel's tracking of
// connections, whose table workloads could fill. It is answered by a reset: the kernel passes over an ICMP
// message while connect(2) holds the socket. The device alone does not tell what is for this machine, since
// who binds a socket to it chooses it; nor does the address where the sender gives the route. At 127.0.0.11
// Docker has a name server that listens on a port of no fixed number, too. Who answers as a name server of
// this machine could say what a listed name stands for.
std::string make_rules(const std::string& table, const std::filesystem::path& group, unsigned level) {
  return fmt::format(R"(table inet {0} {{
  flags owner
  set allowed_ipv4 {{ type ipv4_addr; flags interval; auto-merge; }}
  set allowed_ipv6 {{ type ipv6_addr; flags interval; auto-merge; }}
  chain refused {{
    meta l4proto tcp reject with tcp reset
    reject with icmpx admin-prohibited
  }}
  chain workloads {{
    ip option lsrr exists goto refused
    ip option ssrr exists goto refused
    exthdr rt exists goto refused
    meta l4proto {{ tcp, udp }} th sport 53 goto refused
    ip daddr @allowed_ipv4 accept
    ip6 daddr @allowed_ipv6 accept
    tcp flags & (fin | syn | rst | ack) != syn accept
    meta l4proto {{ tcp, udp }} th dport 53 goto refused
    ip daddr 127.0.0.11 goto refused
    oif "lo" fib daddr type local accept
    goto refused
  }}
  chain output {{
    type filter hook output priority -150; policy accept;
    socket cgroupv2 level {1} "{2}" goto workloads
  }}
}}
)",
                     table, level, group_in_rules(group));
}

std::string change_allowed(const std::string& table, const allowed_addresses& to) {
  return change_set(table, "allowed_ipv4", to.ipv4) + change_set(table, "allowed_ipv6", to.ipv6);
}

std::string remove_rules(const std::string& table) {
  return fmt::format("delete table inet {}\n", table);
}

} // namespace sandboxd::launcher
