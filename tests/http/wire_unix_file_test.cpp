/// The file of the Unix socket.
#include "tests/http/wire_unix.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

namespace sandboxd::testing {
namespace {

using ::testing::EndsWith;
using ::testing::StartsWith;

class wire_unix_file : public wire_unix {
protected:
  /// What a server that was killed leaves: a socket that nobody listens at. Without `closes`: that somebody
  /// still listens at.
  [[nodiscard]] int make_socket(bool closes) const {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    file.native().copy(address.sun_path, sizeof address.sun_path);
    EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket, 1), 0);
    if (closes)
      ::close(socket);
    return socket;
  }

  [[nodiscard]] std::string start_failure() {
    try {
      wire_server wire(context, echo, at_file());
    } catch (const std::system_error& fault) {
      return fault.what();
    }
    return "started";
  }

  [[nodiscard]] mode_t mode() const {
    struct stat info {};
    EXPECT_EQ(::lstat(file.c_str(), &info), 0);
    return info.st_mode;
  }
};

TEST_F(wire_unix_file, has_its_permissions_whatever_the_mask_is) {
  for (const mode_t mask : {0, 022, 077, 0777}) {
    const auto before = ::umask(mask);
    {
      wire_server wire(context, echo, at_file());
      EXPECT_EQ(mode(), mode_t{S_IFSOCK | 0600}) << mask;
    }
    context.restart();
    {
      wire_server wire(context, echo, at_file([](config::http_settings& http) {
                         http.unix_socket_mode = config::socket_access::group;
                       }));
      EXPECT_EQ(mode(), mode_t{S_IFSOCK | 0660}) << mask;
    }
    context.restart();
    ::umask(before);
  }
}

TEST_F(wire_unix_file, of_a_server_that_was_killed_is_replaced) {
  (void)make_socket(true);
  EXPECT_THROW(raw_client{file}, std::runtime_error);
  wire_server wire(context, echo, at_file());
  EXPECT_EQ(raw_client(file).exchange(get_own).status, 200);
}

TEST_F(wire_unix_file, of_a_server_that_lives_is_left_to_it) {
  {
    wire_server wire(context, echo, at_file());
    asio::io_context another;
    EXPECT_THROW(wire_server(another, echo, at_file()), std::system_error);
    EXPECT_EQ(raw_client(file).exchange(get_own).status, 200);
  }
  context.restart();
  const int socket = make_socket(false); // that accepts nobody, and whose queue is full soon
  raw_client first(file);
  for (int i = 0; i < 3; ++i) {
    const auto failure = start_failure();
    EXPECT_THAT(failure, StartsWith("http.unix-socket = " + file.string()));
    EXPECT_THAT(failure, EndsWith("Address already in use"));
  }
  ::close(socket);
}

TEST_F(wire_unix_file, is_made_in_place_of_nothing_else) {
  std::ofstream(file) << "precious";
  EXPECT_THAT(start_failure(), EndsWith("File exists"));
  EXPECT_EQ(std::filesystem::file_size(file), 8u);
  std::filesystem::remove(file);
  for (const char* target : {"nowhere", "/dev/null"}) {
    std::filesystem::create_symlink(target, file);
    EXPECT_THAT(start_failure(), EndsWith("File exists"));
    EXPECT_EQ(std::filesystem::read_symlink(file), target);
    std::filesystem::remove(file);
  }
  std::filesystem::create_directory(file);
  EXPECT_THAT(start_failure(), EndsWith("File exists"));
}

TEST_F(wire_unix_file, cannot_be_made_where_no_directory_is) {
  std::filesystem::remove(directory.path());
  const auto failure = start_failure();
  EXPECT_THAT(failure, StartsWith("http.unix-socket = " + file.string()));
  EXPECT_THAT(failure, EndsWith("No such file or directory"));
}

TEST_F(wire_unix_file, may_have_a_path_as_long_as_the_kernel_takes) {
  std::string longest = directory / "s";
  longest.resize(107, 's');
  wire_server wire(context, echo, [&](config::http_settings& http) { http.unix_socket = longest; });
  EXPECT_EQ(raw_client(std::filesystem::path(longest)).exchange(get_own).status, 200);
}

TEST_F(wire_unix_file, is_removed_when_the_server_stops_to_accept_and_made_again_when_it_starts) {
  wire_server wire(context, echo, at_file());
  EXPECT_EQ(raw_client(file).exchange(get_own).status, 200);
  wire.server->stop_accepting();
  EXPECT_FALSE(std::filesystem::exists(file));
  wire.server->start();
  EXPECT_EQ(raw_client(file).exchange(get_own).status, 200);
  wire.stop();
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(wire_unix_file, of_another_is_not_removed) {
  {
    wire_server wire(context, echo, at_file());
    std::filesystem::remove(file);
    std::ofstream(file) << "of another";
  }
  EXPECT_TRUE(std::filesystem::exists(file));
}

TEST_F(wire_unix_file, that_cannot_be_made_leaves_the_port_free) {
  std::ofstream(file) << "in the way";
  std::uint16_t port = 0;
  {
    wire_server other(context, echo);
    port = other.port();
  }
  context.restart();
  const auto at_port = at_file([&](config::http_settings& http) { http.port = port; });
  EXPECT_THROW(wire_server(context, echo, at_port), std::system_error);
  std::filesystem::remove(file);
  wire_server wire(context, echo, at_port);
  EXPECT_EQ(wire.port(), port);
}

} // namespace
} // namespace sandboxd::testing
