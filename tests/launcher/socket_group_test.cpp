#include "launcher/group_hierarchies.hpp"
#include "launcher/socket_group.hpp"

#include <asio/connect.hpp>
#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <system_error>

namespace sandboxd::launcher {
namespace {

using asio::ip::tcp;

TEST(own_address, is_one_of_this_machine) {
  EXPECT_TRUE(is_own_address(asio::ip::make_address("127.0.0.1")));
  EXPECT_TRUE(is_own_address(asio::ip::make_address("127.9.9.9")));
  EXPECT_TRUE(is_own_address(asio::ip::make_address("::1")));
  EXPECT_TRUE(is_own_address(asio::ip::make_address("::ffff:127.0.0.1")));
  EXPECT_FALSE(is_own_address(asio::ip::make_address("192.0.2.1"))) << "RFC 5737: nobody has it";
  EXPECT_FALSE(is_own_address(asio::ip::make_address("::ffff:192.0.2.1")));
  EXPECT_FALSE(is_own_address(asio::ip::make_address("2001:db8::1"))) << "RFC 3849: nobody has it";
}

/// A connection over the loopback.
class connection : public ::testing::TestWithParam<const char*> {
protected:
  asio::io_context io;
  tcp::acceptor listener{io};
  tcp::socket client{io};
  tcp::socket server{io};

  void SetUp() override {
    const tcp::endpoint here(asio::ip::make_address(GetParam()), 0);
    asio::error_code fault;
    listener.open(here.protocol(), fault);
    if (!fault)
      listener.bind(here, fault);
    if (fault)
      GTEST_SKIP() << "no such address on this machine: " << fault.message();
    listener.listen();
    client.connect(listener.local_endpoint());
    server = listener.accept();
    if (!own_group())
      GTEST_SKIP() << "there are no control groups of version 2";
  }

  /// That of this process: a group's number is that of its directory.
  static std::optional<std::uint64_t> own_group() {
    struct stat info {};
    try {
      if (::stat(find_hierarchies().front().group.c_str(), &info) == 0)
        return info.st_ino;
    } catch (const std::system_error&) {
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::uint64_t> seen_by_the_server() const {
    return group_of_socket(server.remote_endpoint(), server.local_endpoint());
  }
};

TEST_P(connection, has_the_group_of_who_made_it) {
  EXPECT_EQ(seen_by_the_server(), own_group());
  client.shutdown(tcp::socket::shutdown_send);
  EXPECT_TRUE(seen_by_the_server());
}

TEST_P(connection, has_none_when_the_other_end_is_gone_although_somebody_listens_at_its_port) {
  const auto here = listener.local_endpoint();
  asio::error_code taken = asio::error::address_in_use;
  for (int attempt = 0; taken && attempt < 10; ++attempt) { // others use ports, too
    tcp::socket once(io);
    once.connect(here);
    const auto from = once.local_endpoint();
    once.set_option(asio::socket_base::linger(true, 0)); // resets: nothing is left of it
    once.close();
    tcp::acceptor at_its_port(io);
    at_its_port.open(from.protocol());
    at_its_port.set_option(tcp::acceptor::reuse_address(true));
    at_its_port.bind(from, taken);
    if (taken)
      continue;
    at_its_port.listen();
    EXPECT_EQ(group_of_socket(from, here), std::nullopt);
  }
  EXPECT_FALSE(taken);
}

/// To be refused for that for good would be a lie.
TEST_P(connection, is_not_taken_for_another_when_nobody_can_ask) {
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{3, before.rlim_max}; // new descriptors have larger numbers
  ::setrlimit(RLIMIT_NOFILE, &none);
  EXPECT_THROW((void)seen_by_the_server(), std::system_error);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(seen_by_the_server(), own_group());
}

INSTANTIATE_TEST_SUITE_P(over, connection, ::testing::Values("127.0.0.1", "::1"),
                         [](const auto& which) { return which.index == 0 ? "ipv4" : "ipv6"; });

} // namespace
} // namespace sandboxd::launcher
