#include "http/json_string.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>

namespace sandboxd::http {
namespace {

using namespace std::string_view_literals;

std::string encoded(std::string_view bytes, json_charset charset) {
  std::string out;
  append_json_string(out, bytes, charset);
  return out;
}

struct encoding_case {
  std::string_view name;
  std::string_view bytes;
  std::string_view utf8;
  std::string_view ascii;
};

/// By hand from RFC 8259 section 7 and the Unicode Standard, section 3.9 (maximal subparts).
const encoding_case cases[] = {
    {"empty", "", R"("")", R"("")"},
    {"plain", "hello", R"("hello")", R"("hello")"},
    {"quote_and_backslash", R"(a"b\c)", R"("a\"b\\c")", R"("a\"b\\c")"},
    {"slash_is_plain", "a/b", R"("a/b")", R"("a/b")"},
    {"short_escapes", "\b\f\n\r\t", R"("\b\f\n\r\t")", R"("\b\f\n\r\t")"},
    {"nul", "a\0b"sv, R"("a\u0000b")", R"("a\u0000b")"},
    {"escape_character", "\x1b[0m", R"("\u001b[0m")", R"("\u001b[0m")"},
    {"delete", "\x7f", "\"\x7f\"", R"("\u007f")"},
    {"two_bytes", "h\xc3\xa9", "\"h\xc3\xa9\"", R"("h\u00e9")"},
    {"three_bytes", "\xe2\x82\xac", "\"\xe2\x82\xac\"", R"("\u20ac")"},
    {"four_bytes", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"", R"("\ud83d\ude00")"},
    {"last_code_point", "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"", R"("\udbff\udfff")"},
    {"beyond_last", "\xf4\x90\x80\x80", "\"\ufffd\ufffd\ufffd\ufffd\"", R"("\ufffd\ufffd\ufffd\ufffd")"},
    {"stray_continuation", "a\x80z", "\"a\ufffdz\"", R"("a\ufffdz")"},
    {"never_a_byte", "\xff\xfe", "\"\ufffd\ufffd\"", R"("\ufffd\ufffd")"},
    {"overlong_two", "\xc0\xaf", "\"\ufffd\ufffd\"", R"("\ufffd\ufffd")"},
    {"overlong_three", "\xe0\x80\xaf", "\"\ufffd\ufffd\ufffd\"", R"("\ufffd\ufffd\ufffd")"},
    {"surrogate", "\xed\xa0\x80", "\"\ufffd\ufffd\ufffd\"", R"("\ufffd\ufffd\ufffd")"},
    {"cut_is_one", "\xf0\x9f\x98z", "\"\ufffdz\"", R"("\ufffdz")"},
    {"cut_by_another_start", "\xe2\x82\xc3\xa9", "\"\ufffd\xc3\xa9\"", R"("\ufffd\u00e9")"},
    {"cut_at_the_end", "z\xe2\x82", "\"z\ufffd\"", R"("z\ufffd")"},
    // Unicode Standard 15, table 3-8.
    {"table_3_8", "\x61\xf1\x80\x80\xe1\x80\xc2\x62\x80\x63\x80\xbf\x64",
     "\"a\ufffd\ufffd\ufffdb\ufffdc\ufffd\ufffdd\"", R"("a\ufffd\ufffd\ufffdb\ufffdc\ufffd\ufffdd")"},
};

TEST(json_string, encodes_the_table) {
  for (const encoding_case& c : cases) {
    EXPECT_EQ(encoded(c.bytes, json_charset::utf8), c.utf8) << c.name;
    EXPECT_EQ(encoded(c.bytes, json_charset::ascii), c.ascii) << c.name;
  }
}

TEST(json_string, finds_a_special_byte_at_every_place_of_a_word) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 24; ++place) {
      std::string bytes(24, 'x');
      bytes[place] = static_cast<char>(byte);
      const nlohmann::json reference = bytes;
      EXPECT_EQ(encoded(bytes, json_charset::ascii),
                reference.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace))
          << byte << " at " << place;
    }
  }
}

/// Bytes with everything near: valid text, every kind of damage, specials.
std::string random_bytes(std::mt19937& random) {
  static constexpr std::string_view scraps[] = {"plain text of some length",
                                                "\"",
                                                "\\",
                                                "\n",
                                                "\0"sv,
                                                "\x7f",
                                                "\xc3\xa9",
                                                "\xe2\x82\xac",
                                                "\xf0\x9f\x98\x80",
                                                "\x80",
                                                "\xbf",
                                                "\xc3",
                                                "\xe2\x82",
                                                "\xf0\x9f\x98",
                                                "\xf0",
                                                "\xed\xa0\x80",
                                                "\xc0\xaf",
                                                "\xf4\x90",
                                                "\xff"};
  std::string bytes;
  for (auto left = random() % 40; left > 0; --left) {
    if (random() % 8 == 0)
      bytes.push_back(static_cast<char>(random()));
    else
      bytes.append(scraps[random() % std::size(scraps)]);
  }
  return bytes;
}

TEST(json_string, agrees_with_nlohmann_on_random_bytes_cut_anywhere) {
  for (const auto charset : {json_charset::utf8, json_charset::ascii}) {
    std::mt19937 random(20260131);
    for (int round = 0; round < 20'000; ++round) {
      const std::string bytes = random_bytes(random);
      const nlohmann::json reference = bytes;
      const std::string expected =
          reference.dump(-1, ' ', charset == json_charset::ascii, nlohmann::json::error_handler_t::replace);
      json_string_encoder encoder(charset);
      std::string out = "\"";
      for (std::string_view rest = bytes; !rest.empty();) {
        const std::size_t cut = 1 + random() % rest.size();
        encoder.encode(rest.substr(0, cut), out);
        rest.remove_prefix(cut);
      }
      encoder.finish(out);
      out += '"';
      ASSERT_EQ(out, expected) << "round " << round;
    }
  }
}

TEST(json_string, never_grows_by_more_than_allowed_and_loses_nothing) {
  std::mt19937 random(7);
  for (int round = 0; round < 5'000; ++round) {
    const std::string bytes = random_bytes(random);
    json_string_encoder encoder(json_charset::ascii);
    std::string whole;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::size_t room = json_string_encoder::longest_character + random() % 30;
      std::string piece;
      const std::size_t taken = encoder.encode(rest, piece, room);
      ASSERT_GT(taken, 0u);
      ASSERT_LE(piece.size(), room);
      // A piece is valid on its own: no escape is cut.
      ASSERT_TRUE(nlohmann::json::accept('"' + piece + '"')) << piece;
      whole += piece;
      rest.remove_prefix(taken);
    }
    encoder.finish(whole);
    ASSERT_EQ('"' + whole + '"', encoded(bytes, json_charset::ascii));
  }
}

TEST(json_string, keeps_an_incomplete_character_until_its_rest_comes) {
  json_string_encoder encoder(json_charset::ascii);
  std::string out;
  EXPECT_EQ(encoder.encode("\xf0\x9f", out), 2u);
  EXPECT_EQ(out, "");
  EXPECT_TRUE(encoder.incomplete());
  encoder.encode("\x98\x80", out);
  EXPECT_EQ(out, R"(\ud83d\ude00)");
  EXPECT_FALSE(encoder.incomplete());
}

TEST(json_string, decodes_what_it_encodes) {
  for (const auto charset : {json_charset::utf8, json_charset::ascii})
    for (const encoding_case& one : cases) {
      const auto text = encoded(one.bytes, charset);
      const auto decoded = decode_json_string(std::string_view(text).substr(1, text.size() - 2));
      EXPECT_EQ(decoded, nlohmann::json::parse(text).get<std::string>()) << one.name;
    }
}

/// By hand from RFC 8259 section 7; halves of surrogate pairs from HTTP.md 1.4.
TEST(json_string, decodes_escapes) {
  const std::pair<std::string_view, std::optional<std::string>> texts[] = {
      {"", ""},
      {R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
      {R"(a\u0000b)", std::string("a\0b", 3)},
      {R"(\u00E9\u20ac\uFFFF)", "\u00e9\u20ac\xef\xbf\xbf"},
      {R"(\ud83d\ude00)", "\U0001F600"},
      {R"(\uD800\uDC00\udbff\udfff)", "\U00010000\U0010FFFF"},
      {R"(\ud83d)", "\ufffd"},
      {R"(\ude00\ud83d)", "\ufffd\ufffd"},
      {R"(\ud83d\ud83d\ude00)", "\ufffd\U0001F600"},
      {R"(\ud83d\n)", "\ufffd\n"},
      {R"(\ud83d\u0041)", "\ufffdA"},
      {R"(\\ud83d)", R"(\ud83d)"},
      {R"(\)", std::nullopt},
      {R"(\x)", std::nullopt},
      {R"(\u)", std::nullopt},
      {R"(\u12)", std::nullopt},
      {R"(\u12g4)", std::nullopt},
      {R"(\u-123)", std::nullopt},
      {R"(\ud83d\u12)", std::nullopt},
      {std::string_view("\\\0", 2), std::nullopt},
  };
  for (const auto& [content, wanted] : texts)
    EXPECT_EQ(decode_json_string(content), wanted) << content;
}

} // namespace
} // namespace sandboxd::http
