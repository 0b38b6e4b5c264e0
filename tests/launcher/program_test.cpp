#include "launcher/program.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace sandboxd::launcher {
namespace {

void expect_round_trip(const program& sent) {
  const descriptor file = encode(sent);
  const program received = decode(file.get());
  EXPECT_EQ(received.argv, sent.argv);
  EXPECT_EQ(received.environment, sent.environment);
  EXPECT_EQ(received.directory, sent.directory);
  EXPECT_EQ(received.must_enter, sent.must_enter);
  EXPECT_EQ(received.is_trusted, sent.is_trusted);
}

TEST(program, arrives_as_it_was_sent) {
  expect_round_trip({{"/bin/true"}, {}, ""});
  expect_round_trip({{"/bin/true"}, {}, "/"});
  expect_round_trip({{"/bin/echo", "", "a b", "\n", ""}, {}, "/tmp"});
  expect_round_trip({{"/bin/echo"}, {"", "A=", "B=x\ny", ""}, "/tmp"});
  expect_round_trip(
      {{"/bin/bash", "-c", std::string(1 << 20, 'c')}, {"BIG=" + std::string(1 << 20, 'e')}, "/"});
  expect_round_trip({{}, {"A=1"}, "/"});
  expect_round_trip({{"/bin/true"}, {}, "/", true, false});
  expect_round_trip({{"/bin/true"}, {}, "/", false, true});
}

TEST(program, arrives_whatever_it_holds) {
  std::mt19937 random{99};
  const auto text = [&] {
    std::string result(random() % 20, ' ');
    for (char& c : result)
      c = static_cast<char>(1 + random() % 255);
    return result;
  };
  for (int round = 0; round < 300; ++round) {
    program sent;
    sent.directory = text();
    for (auto left = 1 + random() % 12; left > 0; --left)
      sent.argv.push_back(text());
    for (auto left = random() % 12; left > 0; --left)
      sent.environment.push_back(text());
    expect_round_trip(sent);
  }
}

TEST(program, can_be_read_twice) {
  const descriptor file = encode({{"/bin/true"}, {}, "/"});
  EXPECT_EQ(decode(file.get()).argv, decode(file.get()).argv);
}

TEST(program, is_empty_when_the_file_is_not_one) {
  using namespace std::string_literals;
  for (const auto& content : {""s, "x"s, "/"s, "/\0"s, "/\0\0\0"s, "/\0000\0000\0"s}) {
    const descriptor file(::memfd_create("not-a-program", MFD_CLOEXEC));
    ASSERT_EQ(::write(file.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
    EXPECT_TRUE(decode(file.get()).argv.empty()) << ::testing::PrintToString(content);
  }
  for (const auto& count : {"x"s, "-1"s, ""s, "+1"s, " 1"s, "1x"s, std::string(30, '9')}) {
    const auto content = "/\0000\0000\0"s + count + "\0a\0"s;
    const descriptor file(::memfd_create("not-a-program", MFD_CLOEXEC));
    ASSERT_EQ(::write(file.get(), content.data(), content.size()), static_cast<ssize_t>(content.size()));
    EXPECT_TRUE(decode(file.get()).argv.empty()) << ::testing::PrintToString(content);
  }
  EXPECT_TRUE(decode(-1).argv.empty());
}

} // namespace
} // namespace sandboxd::launcher
