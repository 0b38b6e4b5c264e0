#include "launcher/socket_group.hpp"

#include "launcher/descriptor.hpp"
#include "launcher/exhaustion.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace sandboxd::launcher {

namespace {

using asio::ip::tcp;

/// linux/inet_diag.h has it since 5.9.
constexpr unsigned short cgroup_attribute = 21;

/// The kernel answers at once, or something is wrong.
constexpr timeval patience{1, 0};

/// IPv4 within IPv6 is IPv4 to the kernel's table of connections.
asio::ip::address plain(const asio::ip::address& address) {
  return address.is_v6() && address.to_v6().is_v4_mapped()
             ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6())
             : address;
}

void put(__be32 (&into)[4], const asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    std::memcpy(into, bytes.data(), bytes.size());
  } else {
    const auto bytes = address.to_v6().to_bytes();
    std::memcpy(into, bytes.data(), bytes.size());
  }
}

struct diag_question {
  nlmsghdr head;
  inet_diag_req_v2 what;
};

diag_question question_about(const tcp::endpoint& from, const tcp::endpoint& to) {
  const auto source = plain(from.address());
  diag_question question{};
  question.head.nlmsg_len = sizeof(question);
  question.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.head.nlmsg_flags = NLM_F_REQUEST;
  question.what.sdiag_family = source.is_v4() ? AF_INET : AF_INET6;
  question.what.sdiag_protocol = IPPROTO_TCP;
  question.what.idiag_states = ~0U;
  question.what.id.idiag_sport = htons(from.port());
  question.what.id.idiag_dport = htons(to.port());
  put(question.what.id.idiag_src, source);
  put(question.what.id.idiag_dst, plain(to.address()));
  if (source.is_v6())
    question.what.id.idiag_if = static_cast<__u32>(source.to_v6().scope_id());
  question.what.id.idiag_cookie[0] = question.what.id.idiag_cookie[1] = ~0U; // INET_DIAG_NOCOOKIE
  return question;
}

/// The kernel answers with a listener at that address where there is no connection; and one that is only
/// being made is not ours, which is complete.
bool is_the_connection(const inet_diag_msg& found, const inet_diag_req_v2& wanted) {
  const bool is_complete = found.idiag_state == TCP_ESTABLISHED || found.idiag_state == TCP_FIN_WAIT1 ||
                           found.idiag_state == TCP_FIN_WAIT2 || found.idiag_state == TCP_CLOSE_WAIT;
  return is_complete && found.id.idiag_sport == wanted.id.idiag_sport &&
         found.id.idiag_dport == wanted.id.idiag_dport;
}

std::optional<std::uint64_t> group_in(const nlmsghdr& answer, const inet_diag_req_v2& wanted) {
  if (answer.nlmsg_type != SOCK_DIAG_BY_FAMILY || answer.nlmsg_len < NLMSG_LENGTH(sizeof(inet_diag_msg)))
    return std::nullopt;
  const auto& found = *static_cast<const inet_diag_msg*>(NLMSG_DATA(&answer));
  if (!is_the_connection(found, wanted))
    return std::nullopt;
  auto left = static_cast<unsigned>(answer.nlmsg_len - NLMSG_LENGTH(sizeof(inet_diag_msg)));
  for (const auto* attribute = reinterpret_cast<const rtattr*>(&found + 1); RTA_OK(attribute, left);
       attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != cgroup_attribute || RTA_PAYLOAD(attribute) != sizeof(std::uint64_t))
      continue;
    std::uint64_t id = 0;
    std::memcpy(&id, RTA_DATA(attribute), sizeof(id));
    return id;
  }
  return std::nullopt;
}

} // namespace

bool is_own_address(const asio::ip::address& address) {
  const auto wanted = plain(address);
  if (wanted.is_loopback())
    return true;
  const descriptor probe(::socket(wanted.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!probe)
    return true;
  // So that the attempt takes no port.
  const int on = 1;
  ::setsockopt(probe.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  const tcp::endpoint here(wanted, 0);
  return ::bind(probe.get(), here.data(), static_cast<socklen_t>(here.size())) == 0 || errno != EADDRNOTAVAIL;
}

std::optional<std::uint64_t> group_of_socket(const tcp::endpoint& from, const tcp::endpoint& to) {
  const descriptor kernel(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!kernel) {
    throw_if_exhausted(errno);
    return std::nullopt;
  }
  ::setsockopt(kernel.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const auto question = question_about(from, to);
  if (::send(kernel.get(), &question, sizeof(question), 0) != static_cast<ssize_t>(sizeof(question)))
    return std::nullopt;
  alignas(nlmsghdr) std::array<std::byte, 4096> buffer{};
  const auto count = ::recv(kernel.get(), buffer.data(), buffer.size(), 0);
  if (count < 0)
    return std::nullopt;
  const auto& answer = *reinterpret_cast<const nlmsghdr*>(buffer.data());
  return NLMSG_OK(&answer, static_cast<unsigned>(count)) ? group_in(answer, question.what) : std::nullopt;
}

} // namespace sandboxd::launcher
