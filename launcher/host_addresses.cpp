#include "launcher/host_addresses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

using address_list = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

std::string text_of(const addrinfo& one) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes =
      one.ai_family == AF_INET
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in*>(one.ai_addr)->sin_addr)
          : &reinterpret_cast<const sockaddr_in6*>(one.ai_addr)->sin6_addr;
  return ::inet_ntop(one.ai_family, bytes, text.data(), text.size()) != nullptr ? text.data() : "";
}

/// By these clouds tell their machines secrets, too: Alibaba's, Oracle's and Azure's; Amazon's two, Google's
/// and Scaleway's.
constexpr std::array secrets_of_clouds{"100.100.100.200", "192.0.0.192", "168.63.129.16"};
constexpr std::array secrets_of_clouds_v6{"fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42"};

/// Whether routers may take it for an address of IPv4: ::/96 and ::ffff:0:0/96 (RFC 4291), 64:ff9b::/96 (RFC
/// 6052) and 2002::/16 (RFC 3056).
bool stands_for_ipv4(const in6_addr& address) {
  constexpr std::array<std::uint8_t, 12> translated{0, 0x64, 0xff, 0x9b};
  const bool is_translated = std::equal(translated.begin(), translated.end(), address.s6_addr);
  const bool is_tunnelled = address.s6_addr[0] == 0x20 && address.s6_addr[1] == 0x02;
  return IN6_IS_ADDR_V4MAPPED(&address) || IN6_IS_ADDR_V4COMPAT(&address) || is_translated || is_tunnelled;
}

bool is_ordinary(const in_addr& address) {
  const auto number = ntohl(address.s_addr);
  const auto begins = [number](std::uint32_t with, unsigned bits) { return number >> (32 - bits) == with; };
  for (const auto* secret : secrets_of_clouds)
    if (in_addr one{}; ::inet_pton(AF_INET, secret, &one) == 1 && one.s_addr == address.s_addr)
      return false;
  return !begins(0, 8) && !begins(127, 8) && !begins(0xa9fe, 16) && !begins(0xe, 4) && !begins(0xf, 4);
}

bool is_ordinary(const in6_addr& address) {
  for (const auto* secret : secrets_of_clouds_v6)
    if (in6_addr one{}; ::inet_pton(AF_INET6, secret, &one) == 1 && IN6_ARE_ADDR_EQUAL(&one, &address))
      return false;
  return !IN6_IS_ADDR_UNSPECIFIED(&address) && !IN6_IS_ADDR_LOOPBACK(&address) &&
         !IN6_IS_ADDR_LINKLOCAL(&address) && !IN6_IS_ADDR_MULTICAST(&address) && !stands_for_ipv4(address);
}

void take(looked_up& into, int family, std::string address) {
  auto& list = family == AF_INET ? into.ipv4 : into.ipv6;
  if (std::ranges::find(list, address) != list.end())
    return;
  if (!may_stand_for_name(address) || into.ipv4.size() + into.ipv6.size() == most_addresses_of_name)
    ++into.left_out;
  else
    list.push_back(std::move(address));
}

} // namespace

bool may_stand_for_name(std::string_view address) {
  const std::string text(address);
  in_addr ipv4{};
  in6_addr ipv6{};
  if (::inet_pton(AF_INET, text.c_str(), &ipv4) == 1)
    return is_ordinary(ipv4);
  return ::inet_pton(AF_INET6, text.c_str(), &ipv6) == 1 && is_ordinary(ipv6);
}

looked_up look_up(const std::string& name) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM; // or each address comes once for every kind
  addrinfo* first = nullptr;
  looked_up found;
  if (const int error = ::getaddrinfo(name.c_str(), nullptr, &wanted, &first); error != 0) {
    found.problem = error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error);
    return found;
  }
  const address_list all(first, &::freeaddrinfo);
  for (const auto* one = all.get(); one != nullptr; one = one->ai_next)
    if (one->ai_family == AF_INET || one->ai_family == AF_INET6)
      take(found, one->ai_family, text_of(*one));
  std::ranges::sort(found.ipv4); // name servers change their order
  std::ranges::sort(found.ipv6);
  return found;
}

host_addresses::host_addresses(const std::vector<config::destination>& allowed) {
  for (const auto& one : allowed) {
    auto& list = one.form == config::destination_form::ipv4   ? fixed_.ipv4
                 : one.form == config::destination_form::ipv6 ? fixed_.ipv6
                                                              : names_;
    if (std::ranges::find(list, one.text) == list.end())
      list.push_back(one.text);
  }
}

bool host_addresses::update(const std::string& name, looked_up found) {
  if (!found.problem.empty())
    return false;
  auto& known = found_[name];
  if (known.ipv4 == found.ipv4 && known.ipv6 == found.ipv6)
    return false;
  known = std::move(found);
  return true;
}

allowed_addresses host_addresses::all() const {
  auto sum = fixed_;
  for (const auto& [name, found] : found_) {
    sum.ipv4.insert(sum.ipv4.end(), found.ipv4.begin(), found.ipv4.end());
    sum.ipv6.insert(sum.ipv6.end(), found.ipv6.begin(), found.ipv6.end());
  }
  return sum;
}

std::string host_addresses::hosts_file(std::string_view of_machine) const {
  std::string text(of_machine);
  if (!text.empty() && !text.ends_with('\n'))
    text += '\n';
  if (!names_.empty())
    text += "# Names of network.allow, kept by sandboxd\n";
  for (const auto& name : names_)
    if (const auto known = found_.find(name); known != found_.end())
      for (const auto* addresses : {&known->second.ipv4, &known->second.ipv6})
        for (const auto& address : *addresses)
          text += fmt::format("{} {}\n", address, name);
  return text;
}

} // namespace sandboxd::launcher
