#include "files/mime_type.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace sandboxd::files {
namespace {

using std::string_literals::operator""s;

/// What Bun 1.2.23, the reference's runtime, gives for these names.
TEST(mime_type, is_told_by_the_extension) {
  const std::vector<std::pair<std::string, std::string>> types{
      {"a.txt", "text/plain"},
      {"a.md", "text/markdown"},
      {"index.html", "text/html"},
      {"a.htm", "text/html"},
      {"a.css", "text/css"},
      {"a.csv", "text/csv"},
      {"a.js", "text/javascript"},
      {"a.mjs", "text/javascript"},
      {"a.cjs", "text/javascript"},
      {"a.ts", "text/javascript"},
      {"a.tsx", "text/javascript"},
      {"a.jsx", "text/javascript"},
      {"a.json", "application/json"},
      {"a.xml", "application/xml"},
      {"a.svg", "image/svg+xml"},
      {"a.yaml", "text/yaml"},
      {"a.yml", "text/yaml"},
      {"a.toml", "application/toml"},
      {"a.sh", "application/x-sh"},
      {"a.c", "text/x-c"},
      {"a.cpp", "text/x-c"},
      {"a.java", "text/x-java-source"},
      {"a.php", "application/x-httpd-php"},
      {"a.png", "image/png"},
      {"a.jpg", "image/jpeg"},
      {"a.jpeg", "image/jpeg"},
      {"a.gif", "image/gif"},
      {"a.webp", "image/webp"},
      {"a.ico", "image/x-icon"},
      {"a.pdf", "application/pdf"},
      {"a.zip", "application/zip"},
      {"a.gz", "application/gzip"},
      {"a.tar", "application/x-tar"},
      {"a.wasm", "application/wasm"},
      {"a.mp3", "audio/mpeg"},
      {"a.mp4", "video/mp4"},
      {"a.woff", "font/woff"},
      {"a.woff2", "font/woff2"},
      {"/dir.d/PHOTO.JPG", "image/jpeg"},
      {"archive.tar.gz", "application/gzip"},
  };
  for (const auto& [name, type] : types)
    EXPECT_EQ(mime_type_of_name(name), type) << name;
}

TEST(mime_type, is_not_told_by_names_without_a_known_extension) {
  for (const auto* name : {"README", "a.", ".txt", "/a.txt/b", "a.unheard-of", "", "dir/.png"})
    EXPECT_EQ(mime_type_of_name(name), "") << name;
}

TEST(mime_type, is_told_by_magic_numbers) {
  const std::vector<std::pair<std::string, std::string>> contents{
      {"\x89PNG\r\n\x1a\n....", "image/png"},
      {"\xff\xd8\xff\xe0", "image/jpeg"},
      {"GIF89a..", "image/gif"},
      {"RIFF....WEBPVP8 ", "image/webp"},
      {"RIFF....WAVEfmt ", "audio/x-wav"},
      {"%PDF-1.7\n", "application/pdf"},
      {"PK\3\4....", "application/zip"},
      {"\x1f\x8b\x08\0"s, "application/gzip"},
      {"\0asm\1\0\0\0"s, "application/wasm"},
      {"ID3\4", "audio/mpeg"},
      {"\0\0\0\x20"
       "ftypisom"s,
       "video/mp4"},
      {"wOF2....", "font/woff2"},
      {std::string(257, 'x') + "ustar", "application/x-tar"},
  };
  for (const auto& [bytes, type] : contents)
    EXPECT_EQ(mime_type_of_content(bytes), type) << type;
}

TEST(mime_type, is_plain_text_for_other_utf8_and_octets_for_the_rest) {
  EXPECT_EQ(mime_type_of_content(""), "inode/x-empty");
  EXPECT_EQ(mime_type_of_content("hello\n"), "text/plain");
  EXPECT_EQ(mime_type_of_content("gr\xc3\xbc\xc3\x9f"), "text/plain");
  EXPECT_EQ(mime_type_of_content("cut \xe2\x82"), "text/plain") << "the rest of the character comes later";
  EXPECT_EQ(mime_type_of_content("a\0b"s), "application/octet-stream");
  EXPECT_EQ(mime_type_of_content("\xff\xfe"), "application/octet-stream");
}

TEST(mime_type, says_what_is_text) {
  for (const auto* type :
       {"text/plain", "text/x-anything", "image/svg+xml", "application/ld+json", "application/json",
        "application/xml", "application/x-sh", "application/toml", "inode/x-empty"})
    EXPECT_TRUE(is_text_type(type)) << type;
  for (const auto* type :
       {"application/octet-stream", "image/png", "application/pdf", "",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/jsonx"})
    EXPECT_FALSE(is_text_type(type)) << type;
}

} // namespace
} // namespace sandboxd::files
