#include "daemon/log.hpp"
#include "launcher/descriptor.hpp"
#include "tests/daemon/standard_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <regex>
#include <signal.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

config::log_settings as(config::log_format format) {
  return {config::log_level::info, format};
}

/// What a log of this format writes when `use` works with it.
template <class Use>
std::vector<std::string> written(config::log_format format, Use use) {
  const temporary_directory directory;
  const launcher::descriptor file(open_to_append(directory / "log"));
  {
    const redirected_standard_error redirected(file.get());
    daemon::log log(as(format));
    use(log);
  }
  return lines_of(directory / "log");
}

TEST(log_writer, what_is_said_in_text_cannot_forge_a_line) {
  const auto lines = written(config::log_format::text, [](daemon::log& log) {
    log.write(config::log_level::info, "a\nb", "said\r\n2026-01-01T00:00:00.000Z error forged\x1b[2J");
  });
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0], HasSubstr(R"(a\nb: said\x0d\n2026-01-01T00:00:00.000Z error forged\x1b[2J)"));
}

TEST(log_writer, a_record_is_one_object_of_json) {
  const auto lines = written(config::log_format::json, [](daemon::log& log) {
    log.write(config::log_level::warn, "http", "quoted \" and\n",
              {{"status", std::int64_t{404}}, {"path", "/\xff"}, {"code", ""}});
    log.write(config::log_level::debug, "http", "below the level");
  });
  ASSERT_EQ(lines.size(), 1u);
  const auto record = nlohmann::json::parse(lines[0]);
  EXPECT_EQ(record.at("level"), "warn");
  EXPECT_EQ(record.at("subject"), "http");
  EXPECT_EQ(record.at("message"), "quoted \" and\n");
  EXPECT_EQ(record.at("status"), 404);
  EXPECT_FALSE(record.contains("code")) << "which has nothing to say";
}

TEST(log_writer, a_slow_reader_gets_every_byte) {
  auto [out, in] = launcher::make_pipe();
  std::string read;
  {
    const redirected_standard_error redirected(in.get());
    in.reset();
    daemon::log log(as(config::log_format::text));
    const std::string text(1000, 'x');
    for (int i = 0; i < 500; ++i) // many times what a pipe holds
      log.write(config::log_level::info, "test", text);
    std::string piece(777, '\0');
    while (std::count(read.begin(), read.end(), '\n') < 500) {
      const auto count = ::read(out.get(), piece.data(), piece.size());
      ASSERT_GT(count, 0);
      read.append(piece, 0, static_cast<std::size_t>(count));
    }
  }
  EXPECT_EQ(std::count(read.begin(), read.end(), 'x'), 500 * 1000);
}

TEST(log_writer, ends_although_nobody_reads_it) {
  auto [out, in] = launcher::make_pipe();
  const redirected_standard_error redirected(in.get());
  const auto begin = std::chrono::steady_clock::now();
  {
    daemon::log log(as(config::log_format::text));
    for (int i = 0; i < 500; ++i)
      log.write(config::log_level::info, "test", std::string(1000, 'x'));
    EXPECT_FALSE(log.flush());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(8));
}

/// What all lines that tell of dropped ones say together.
long dropped_lines(const std::string& text) {
  static const std::regex told("lines were dropped lines=([0-9]+)\n");
  long sum = 0;
  for (std::sregex_iterator found(text.begin(), text.end(), told), end; found != end; ++found)
    sum += std::stol((*found)[1]);
  return sum;
}

TEST(log_writer, keeps_what_its_bound_allows_and_counts_what_is_beyond) {
  constexpr std::size_t bound = 64 << 10; // and so much is in the pipe, and as much on the way there, at most
  constexpr int lines = 100;
  auto [out, in] = launcher::make_pipe();
  const redirected_standard_error redirected(in.get());
  auto settings = as(config::log_format::text);
  settings.queue_bytes = bound;
  daemon::log log(settings);
  for (int i = 0; i < lines; ++i)
    log.write(config::log_level::info, "test", std::string(10'000, 'x'));
  std::string read;
  std::thread reader([&read, from = out.get()] {
    std::string piece(4096, '\0');
    while (read.find("the end") == std::string::npos)
      read.append(piece, 0,
                  static_cast<std::size_t>(std::max<ssize_t>(::read(from, piece.data(), piece.size()), 0)));
  });
  while (!log.flush())
    continue;
  log.write(config::log_level::info, "test", "the end");
  reader.join();
  const auto kept = std::count(read.begin(), read.end(), 'x') / 10'000;
  EXPECT_GT(kept, 0);
  EXPECT_LE(kept, static_cast<std::ptrdiff_t>(3 * bound / 10'000));
  EXPECT_EQ(dropped_lines(read), lines - kept);
}

TEST(log_writer, lines_lost_to_a_broken_standard_error_are_counted) {
  const temporary_directory directory;
  const launcher::descriptor file(open_to_append(directory / "log"));
  auto [out, in] = launcher::make_pipe();
  out.reset(); // EPIPE from now on
  ::signal(SIGPIPE, SIG_IGN);
  const redirected_standard_error broken(in.get());
  daemon::log log(as(config::log_format::text));
  log.write(config::log_level::info, "test", "lost");
  ASSERT_TRUE(log.flush());
  const redirected_standard_error mended(file.get());
  log.write(config::log_level::info, "test", "seen");
  ASSERT_TRUE(log.flush());
  const auto lines = lines_of(directory / "log");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], HasSubstr("lines were dropped lines=1"));
  EXPECT_THAT(lines[1], HasSubstr("seen"));
}

} // namespace
} // namespace sandboxd::testing
