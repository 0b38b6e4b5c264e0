#include "config/value.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sandboxd::config {
namespace {

const domain port{kind::count, 0, 65'535, "the system chooses"};
const domain threads{kind::count, 1, 64};
const domain buffer{kind::size, 1024, 1ull << 40};
const domain limit{kind::duration, 1, 720ull * 3'600'000, "no limit"};
const domain grace{kind::duration, 100, 600'000};
const domain flag{kind::boolean};
const domain level{.type = kind::word, .words = {"debug", "info", "warn"}};
const domain name{kind::text, 1, 5};
const domain directory{kind::path, 1, 20};
const domain address{kind::address, 2, 45};

struct good_value {
  domain allowed;
  std::string_view literal;
  value expected;
  std::string_view written; ///< the shortest literal of the same value
};

std::uint64_t number(std::uint64_t n) {
  return n;
}

TEST(config_value, reads_what_the_domain_allows_and_writes_it_shortest) {
  const std::vector<good_value> table{
      {port, "3000", number(3000), "3000"},
      {port, "0", number(0), "0"},
      {port, "65535", number(65'535), "65535"},
      {port, "+80", number(80), "80"},
      {threads, "1", number(1), "1"},
      {threads, "64", number(64), "64"},
      {buffer, "1024", number(1024), "1KiB"},
      {buffer, "1025", number(1025), "1025"},
      {buffer, "2048B", number(2048), "2KiB"},
      {buffer, "64KiB", number(65'536), "64KiB"},
      {buffer, "512MiB", number(536'870'912), "512MiB"},
      {buffer, "8GiB", number(8'589'934'592), "8GiB"},
      {buffer, "1TiB", number(1'099'511'627'776), "1TiB"},
      {limit, "0", number(0), "0"},
      {limit, "0s", number(0), "0"},
      {limit, "300ms", number(300), "300ms"},
      {limit, "1500ms", number(1500), "1500ms"},
      {limit, "5s", number(5000), "5s"},
      {limit, "60s", number(60'000), "1min"},
      {limit, "2min", number(120'000), "2min"},
      {limit, "1h", number(3'600'000), "1h"},
      {grace, "100ms", number(100), "100ms"},
      {grace, "10min", number(600'000), "10min"},
      {flag, "true", true, "true"},
      {flag, "false", false, "false"},
      {level, "info", std::string("info"), "info"},
      {name, "a b", std::string("a b"), "a b"},
      {name, "12345", std::string("12345"), "12345"},
      {directory, "/", std::string("/"), "/"},
      {address, "127.0.0.1", std::string("127.0.0.1"), "127.0.0.1"},
      {address, "0.0.0.0", std::string("0.0.0.0"), "0.0.0.0"},
      {address, "::", std::string("::"), "::"},
      {address, "fe80::1", std::string("fe80::1"), "fe80::1"},
  };
  for (const auto& row : table) {
    const auto outcome = read_value(row.literal, row.allowed);
    ASSERT_TRUE(std::holds_alternative<value>(outcome)) << row.literal;
    EXPECT_EQ(std::get<value>(outcome), row.expected) << row.literal;
    EXPECT_EQ(to_literal(row.expected, row.allowed), row.written) << row.literal;
  }
}

struct bad_value {
  domain allowed;
  std::string_view literal;
  std::string_view why;
};

TEST(config_value, refuses_everything_else_and_says_what_is_allowed) {
  constexpr auto no_port = "not a whole number; allowed: 0 to 65535 (0 = the system chooses)";
  constexpr auto far_port = "out of range; allowed: 0 to 65535 (0 = the system chooses)";
  constexpr auto no_limit = "not a duration with its unit (such as 300ms, 5s or 1min); allowed: 1ms to 720h, "
                            "or 0 = no limit";
  constexpr auto far_limit = "out of range; allowed: 1ms to 720h, or 0 = no limit";
  constexpr auto no_size = "not a size in bytes (such as 64KiB or 512MiB); allowed: 1KiB to 1TiB";
  constexpr auto far_size = "out of range; allowed: 1KiB to 1TiB";
  constexpr auto no_address = "not an IPv4 or IPv6 address; allowed: an IPv4 or IPv6 address, 2 to 45 bytes";
  const std::vector<bad_value> table{
      {port, "", no_port},
      {port, "-", no_port},
      {port, "x", no_port},
      {port, "1.5", no_port},
      {port, "1e3", no_port},
      {port, "0x10", no_port},
      {port, "010", no_port},
      {port, "80 ", no_port},
      {port, " 80", no_port},
      {port, "80s", no_port},
      {port, "65536", far_port},
      {port, "-1", far_port},
      {port, "99999999999999999999999", far_port},
      {threads, "0", "out of range; allowed: 1 to 64"},
      {threads, "65", "out of range; allowed: 1 to 64"},
      {buffer, "1023", far_size},
      {buffer, "2TiB", far_size},
      {buffer, "99999999999TiB", far_size},
      {buffer, "64kib", no_size},
      {buffer, "64KB", no_size},
      {buffer, "64 KiB", no_size},
      {buffer, "KiB", no_size},
      {limit, "5", no_limit},
      {limit, "5 s", no_limit},
      {limit, "5sec", no_limit},
      {limit, "5us", no_limit},
      {limit, "1d", no_limit},
      {limit, "721h", far_limit},
      {limit, "-1s", far_limit},
      {limit, "99999999999999999h", far_limit},
      {grace, "0", "out of range; allowed: 100ms to 10min"},
      {grace, "99ms", "out of range; allowed: 100ms to 10min"},
      {flag, "yes", "not a boolean; allowed: true or false"},
      {flag, "1", "not a boolean; allowed: true or false"},
      {flag, "", "not a boolean; allowed: true or false"},
      {level, "INFO", "not a word known here; allowed: debug, info or warn"},
      {level, "", "not a word known here; allowed: debug, info or warn"},
      {name, "", "too short; allowed: a text without control characters, 1 to 5 bytes"},
      {name, "123456", "too long; allowed: a text without control characters, 1 to 5 bytes"},
      {name, "a\nb",
       "not a text without control characters; allowed: a text without control characters, 1 to 5 bytes"},
      {directory, "tmp", "not an absolute path; allowed: an absolute path, 1 to 20 bytes"},
      {directory, "", "not an absolute path; allowed: an absolute path, 1 to 20 bytes"},
      {directory, "/12345678901234567890", "too long; allowed: an absolute path, 1 to 20 bytes"},
      {address, "localhost", no_address},
      {address, "127.0.0.256", no_address},
      {address, "127.0.0.1:80", no_address},
      {address, "[::1]", no_address},
      {address, "", no_address},
  };
  for (const auto& row : table) {
    const auto outcome = read_value(row.literal, row.allowed);
    ASSERT_TRUE(std::holds_alternative<refusal>(outcome)) << row.literal;
    EXPECT_EQ(std::get<refusal>(outcome).why, row.why) << row.literal;
  }
}

TEST(config_value, writes_texts_and_sizes_of_a_file_in_quotes) {
  EXPECT_EQ(to_file_literal(number(65'536), buffer), "\"64KiB\"");
  EXPECT_EQ(to_file_literal(number(1025), buffer), "1025");
  EXPECT_EQ(to_file_literal(number(5000), limit), "5s");
  EXPECT_EQ(to_file_literal(number(80), port), "80");
  EXPECT_EQ(to_file_literal(true, flag), "true");
  EXPECT_EQ(to_file_literal(std::string("info"), level), "\"info\"");
  EXPECT_EQ(to_file_literal(std::string(R"(a"\)"), name), R"("a\"\\")");
  EXPECT_EQ(to_file_literal(std::string("12"), name), "\"12\"");
}

} // namespace
} // namespace sandboxd::config
