#include "launcher/network_namespace.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <fcntl.h>
#include <future>
#include <linux/capability.h>
#include <linux/sockios.h>
#include <memory>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {
namespace {

class network : public ::testing::Test {
protected:
  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "needs root, to make a network namespace";
    try {
      made = network_namespace::make();
    } catch (const std::exception& reason) {
      GTEST_SKIP() << "there is none to be had here: " << reason.what();
    }
  }

  /// A socket of that network.
  descriptor open_socket(int family = AF_INET) {
    auto opened = std::make_shared<std::promise<int>>();
    made->open_socket(family, [opened](int socket, int) { opened->set_value(socket); });
    return descriptor(opened->get_future().get());
  }

  static sockaddr_in at(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static const sockaddr* generic(const sockaddr_in& address) {
    return reinterpret_cast<const sockaddr*>(&address);
  }

  /// Lets the socket listen on 127.0.0.1, and returns where.
  static sockaddr_in listen(const descriptor& socket) {
    sockaddr_in address = at(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket.get(), generic(address), size), 0);
    EXPECT_EQ(::listen(socket.get(), 1), 0);
    EXPECT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    return address;
  }

  /// An errno, or 0.
  static int connect(const descriptor& socket, const sockaddr_in& to) {
    return ::connect(socket.get(), generic(to), sizeof to) == 0 ? 0 : errno;
  }

  std::unique_ptr<network_namespace> made;
};

TEST_F(network, has_a_loopback_of_its_own) {
  const auto inside = open_socket();
  const auto where = listen(inside);
  EXPECT_EQ(connect(open_socket(), where), 0);
  const descriptor outside(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(outside, where), ECONNREFUSED);

  const descriptor listening_outside(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(connect(open_socket(), listen(listening_outside)), ECONNREFUSED);
  EXPECT_NE(::fcntl(inside.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST_F(network, leads_nowhere_else) {
  sockaddr_in elsewhere = at(80);
  ::inet_pton(AF_INET, "192.0.2.1", &elsewhere.sin_addr); // RFC 5737: nobody's
  EXPECT_EQ(connect(open_socket(), elsewhere), ENETUNREACH);
}

TEST_F(network, is_that_of_its_handle_and_not_that_of_this_thread) {
  const auto number_of = [](int file) {
    struct stat info {};
    return ::fstat(file, &info) == 0 ? info.st_ino : 0;
  };
  const descriptor own(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  EXPECT_NE(number_of(made->handle().get()), number_of(own.get()));
  const descriptor of_socket(::ioctl(open_socket().get(), SIOCGSKNS));
  EXPECT_EQ(number_of(made->handle().get()), number_of(of_socket.get()));
}

TEST_F(network, is_not_made_without_the_privilege) {
  std::thread([] {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0}; // of this thread alone
    __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
    ASSERT_EQ(::syscall(SYS_capset, &header, sets), 0);
    try {
      network_namespace::make();
      ADD_FAILURE() << "it was made";
    } catch (const std::system_error& fault) {
      EXPECT_EQ(fault.code().value(), EPERM);
      EXPECT_STREQ(fault.what(), "make a network namespace: Operation not permitted");
    }
  }).join();
}

} // namespace
} // namespace sandboxd::launcher
