#include "launcher/descriptor.hpp"
#include "launcher/socket_connector.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace sandboxd::launcher {
namespace {

std::string own_groups() {
  std::ifstream file("/proc/self/cgroup");
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A Unix socket that listens.
class connector : public ::testing::Test {
protected:
  void SetUp() override {
    if (!knows_connectors())
      GTEST_SKIP() << "takes Linux 6.5";
    ASSERT_EQ(::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_), 0);
    ASSERT_EQ(::listen(listening_.get(), 8), 0);
  }

  /// A connection to it, made by this process.
  [[nodiscard]] descriptor connect() const {
    descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_), 0);
    return client;
  }

  [[nodiscard]] descriptor accept() const {
    return descriptor(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  [[nodiscard]] const sockaddr_un& address() const { return address_; }

  static pid_t number_of_connector(const descriptor& server) {
    ucred who{};
    socklen_t size = sizeof who;
    EXPECT_EQ(::getsockopt(server.get(), SOL_SOCKET, SO_PEERCRED, &who, &size), 0);
    return who.pid;
  }

private:
  static sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path);
    return address;
  }

  const testing::scratch_directory directory_;
  const sockaddr_un address_ = address_of(directory_ / "socket");
  const descriptor listening_{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

TEST_F(connector, is_told_with_its_groups) {
  const auto client = connect();
  const auto server = accept();
  EXPECT_EQ(number_of_connector(server), ::getpid());
  EXPECT_EQ(groups_of_connector(server.get(), ::getpid()), own_groups());
}

/// Its end of the connection lives on with its parent, and its number may be anybody's soon.
TEST_F(connector, is_not_told_once_it_was_reaped) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const descriptor_pair gate{descriptor(ends[0]), descriptor(ends[1])};
  const descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const pid_t child = ::fork();
  if (child == 0) {
    const sockaddr_un& there = address();
    const bool is_connected =
        ::connect(client.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0;
    char byte = 0;
    ::_exit(is_connected && ::read(gate.second.get(), &byte, 1) == 1 ? 0 : 1);
  }
  const auto server = accept();
  ASSERT_EQ(number_of_connector(server), child);
  EXPECT_EQ(groups_of_connector(server.get(), child), own_groups());
  ASSERT_EQ(::write(gate.first.get(), "x", 1), 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(::send(client.get(), "x", 1, MSG_NOSIGNAL), 1) << "the connection is open";
  EXPECT_EQ(groups_of_connector(server.get(), child), std::nullopt);
  EXPECT_EQ(groups_of_connector(server.get(), ::getpid()), std::nullopt)
      << "as if this process had got the number since";
}

/// To be refused for that for good would be a lie.
TEST_F(connector, is_not_taken_for_another_when_nobody_can_ask) {
  const auto client = connect();
  const auto server = accept();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit none{3, before.rlim_max}; // new descriptors have larger numbers
  ::setrlimit(RLIMIT_NOFILE, &none);
  EXPECT_THROW((void)groups_of_connector(server.get(), ::getpid()), std::system_error);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(groups_of_connector(server.get(), ::getpid()), own_groups());
}

TEST(connectors, have_none_over_tcp) {
  const descriptor over_tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(groups_of_connector(over_tcp.get(), ::getpid()), std::nullopt);
}

} // namespace
} // namespace sandboxd::launcher
