#include "daemon/admission.hpp"
#include "tests/support/scratch_directory.hpp"

#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace sandboxd::daemon {
namespace {

/// A token file with a content, and what is read from it.
class token_file : public ::testing::Test {
protected:
  testing::scratch_directory directory;

  config::http_settings settings(const std::string& content) const {
    config::http_settings made;
    made.token_file = directory.path() + "/token";
    std::ofstream(made.token_file) << content;
    return made;
  }
};

TEST_F(token_file, holds_one_line) {
  for (const char* content : {"0123456789abcdef", "0123456789abcdef\n", "0123456789abcdef \r\n"})
    EXPECT_TRUE(read_admission_rule(settings(content)).is_own("Bearer 0123456789abcdef")) << content;
}

TEST_F(token_file, is_refused_with_its_name_when_it_holds_no_token) {
  for (const auto& content : {std::string(), std::string("0123456789abcde"), std::string("0123456789 abcdef"),
                              std::string("0123456789abcdef\n0123456789abcdef\n"), std::string(4097, 'a')}) {
    try {
      (void)read_admission_rule(settings(content));
      ADD_FAILURE() << content;
    } catch (const std::runtime_error& reason) {
      EXPECT_NE(std::string(reason.what()).find("http.token-file = " + directory.path() + "/token"),
                std::string::npos);
    }
  }
  config::http_settings missing;
  missing.token_file = directory.path() + "/nowhere";
  EXPECT_THROW((void)read_admission_rule(missing), std::runtime_error);
}

TEST_F(token_file, may_be_a_pipe_which_is_not_waited_for) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  config::http_settings from_pipe;
  from_pipe.token_file = "/dev/fd/" + std::to_string(ends[0]);
  EXPECT_THROW((void)read_admission_rule(from_pipe), std::runtime_error) << "there is nothing in it";
  ASSERT_EQ(::write(ends[1], "0123456789abcdef\n", 17), 17);
  EXPECT_TRUE(read_admission_rule(from_pipe).is_own("Bearer 0123456789abcdef"));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(admission_rule, needs_a_token_to_require_one) {
  config::http_settings settings;
  settings.require_token = true;
  EXPECT_THROW((void)read_admission_rule(settings), std::runtime_error);
}

/// Where workloads are not marked.
TEST(origin, of_this_machine_is_a_workload_where_nobody_can_tell) {
  asio::io_context io;
  const actors::services context(io, std::make_shared<config::settings>(), ::testing::TempDir(),
                                 std::vector<std::string>{});
  const asio::ip::tcp::endpoint own(asio::ip::make_address("127.0.0.1"), 3000);
  const auto from = [&](const char* address) {
    return http::tcp_peer{{asio::ip::make_address(address), 40000}, own};
  };
  EXPECT_EQ(find_origin(context, from("127.0.0.1")), http::origin::workload);
  EXPECT_EQ(find_origin(context, from("192.0.2.1")), http::origin::client) << "RFC 5737: nobody here has it";
  EXPECT_EQ(find_origin(context, http::unix_peer{-1, ::getpid(), 0}), http::origin::workload);
  EXPECT_EQ(find_origin(context, http::unix_peer{-1, 0, 0}), http::origin::client)
      << "of another PID namespace, above this one or beside it";
}

TEST(mark, is_never_made_again_once_it_was_lost) {
  asio::io_context io;
  actors::services context(io, std::make_shared<config::settings>(), ::testing::TempDir(),
                           std::vector<std::string>{});
  EXPECT_FALSE(context.workloads_are_marked());
  EXPECT_TRUE(context.mark_workloads(true));
  EXPECT_TRUE(context.workloads_are_marked());
  EXPECT_FALSE(context.mark_workloads(true)) << "no news";
  EXPECT_TRUE(context.mark_workloads(false));
  EXPECT_FALSE(context.mark_workloads(false));
  EXPECT_FALSE(context.mark_workloads(true));
  EXPECT_FALSE(context.workloads_are_marked());
}

} // namespace
} // namespace sandboxd::daemon
