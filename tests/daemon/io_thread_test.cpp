#include "daemon/io_thread.hpp"
#include "launcher/descriptor.hpp"
#include "tests/daemon/standard_error.hpp"

#include <asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace sandboxd::testing {
namespace {

TEST(io_thread, logs_what_a_handler_throws_and_runs_the_others) {
  const temporary_directory directory;
  const launcher::descriptor file(open_to_append(directory / "log"));
  int handled = 0;
  {
    const redirected_standard_error redirected(file.get());
    daemon::log log({config::log_level::info, config::log_format::text});
    asio::io_context io;
    for (int i = 0; i < 3; ++i)
      asio::post(io, [&handled, i] {
        if (i == 1)
          throw std::runtime_error("no such luck");
        ++handled;
      });
    daemon::run_handlers(io, log);
  }
  EXPECT_EQ(handled, 2);
  const auto lines = lines_of(directory / "log");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], ::testing::AllOf(::testing::HasSubstr("an I/O handler failed"),
                                         ::testing::HasSubstr("no such luck")));
}

} // namespace
} // namespace sandboxd::testing
