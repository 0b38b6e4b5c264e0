#include "launcher/frame_reader.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace sandboxd::launcher {
namespace {

using std::string_literals::operator""s;

TEST(frame_reader, puts_the_length_before_the_payload) {
  EXPECT_EQ(make_frame(""), "\0\0\0\0"s);
  EXPECT_EQ(make_frame("ab"), "\0\0\0\2ab"s);
  EXPECT_EQ(make_frame(std::string(0x10203, 'x')).substr(0, 5), "\0\1\2\3x"s);
}

TEST(frame_reader, finds_frames_however_the_bytes_are_cut) {
  std::mt19937 random{11};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> sent(random() % 6);
    std::string stream;
    for (auto& one : sent) {
      one.assign(random() % 300, static_cast<char>(random()));
      stream += make_frame(one);
    }
    frame_reader reader(300);
    std::vector<std::string> got;
    while (!stream.empty()) {
      const auto size = random() % 40 + 1;
      reader.append(std::string_view(stream).substr(0, size));
      stream.erase(0, size);
      while (auto payload = reader.next())
        got.push_back(std::move(*payload));
    }
    EXPECT_EQ(got, sent);
    EXPECT_FALSE(reader.broken());
  }
}

TEST(frame_reader, is_broken_by_a_frame_that_is_too_large) {
  frame_reader reader(3);
  reader.append(make_frame("abc") + make_frame("abcd"));
  EXPECT_EQ(reader.next(), "abc");
  EXPECT_TRUE(reader.broken());
  EXPECT_FALSE(reader.next());
}

} // namespace
} // namespace sandboxd::launcher
