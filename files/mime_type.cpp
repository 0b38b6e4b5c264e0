#include "files/mime_type.hpp"

#include "files/utf8_checker.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace sandboxd::files {

namespace {

using std::string_view_literals::operator""sv;

struct extension {
  std::string_view name;
  std::string_view type;
};

/// Sorted by name.
constexpr std::array extensions{
    extension{"7z", "application/x-7z-compressed"},
    extension{"avi", "video/x-msvideo"},
    extension{"avif", "image/avif"},
    extension{"bash", "application/x-sh"},
    extension{"bmp", "image/x-ms-bmp"},
    extension{"bz2", "application/x-bzip2"},
    extension{"c", "text/x-c"},
    extension{"cc", "text/x-c"},
    extension{"cjs", "text/javascript"},
    extension{"conf", "text/plain"},
    extension{"cpp", "text/x-c"},
    extension{"css", "text/css"},
    extension{"csv", "text/csv"},
    extension{"cts", "text/javascript"},
    extension{"doc", "application/msword"},
    extension{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    extension{"epub", "application/epub+zip"},
    extension{"flac", "audio/x-flac"},
    extension{"gif", "image/gif"},
    extension{"go", "text/x-go"},
    extension{"gz", "application/gzip"},
    extension{"h", "text/x-c"},
    extension{"hpp", "text/x-c"},
    extension{"htm", "text/html"},
    extension{"html", "text/html"},
    extension{"ico", "image/x-icon"},
    extension{"ini", "text/plain"},
    extension{"ipynb", "application/json"},
    extension{"jar", "application/java-archive"},
    extension{"java", "text/x-java-source"},
    extension{"jpeg", "image/jpeg"},
    extension{"jpg", "image/jpeg"},
    extension{"js", "text/javascript"},
    extension{"json", "application/json"},
    extension{"jsx", "text/javascript"},
    extension{"less", "text/less"},
    extension{"log", "text/plain"},
    extension{"m4a", "audio/x-m4a"},
    extension{"map", "application/json"},
    extension{"markdown", "text/markdown"},
    extension{"md", "text/markdown"},
    extension{"mjs", "text/javascript"},
    extension{"mkv", "video/x-matroska"},
    extension{"mov", "video/quicktime"},
    extension{"mp3", "audio/mpeg"},
    extension{"mp4", "video/mp4"},
    extension{"mts", "text/javascript"},
    extension{"ogg", "audio/ogg"},
    extension{"otf", "font/otf"},
    extension{"pdf", "application/pdf"},
    extension{"php", "application/x-httpd-php"},
    extension{"pl", "application/x-perl"},
    extension{"png", "image/png"},
    extension{"ppt", "application/vnd.ms-powerpoint"},
    extension{"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    extension{"py", "text/x-python"},
    extension{"rar", "application/x-rar-compressed"},
    extension{"rb", "text/x-ruby"},
    extension{"rs", "text/x-rust"},
    extension{"rtf", "text/rtf"},
    extension{"scss", "text/x-scss"},
    extension{"sh", "application/x-sh"},
    extension{"sql", "application/x-sql"},
    extension{"svg", "image/svg+xml"},
    extension{"tar", "application/x-tar"},
    extension{"tex", "application/x-tex"},
    extension{"tif", "image/tiff"},
    extension{"tiff", "image/tiff"},
    extension{"toml", "application/toml"},
    extension{"ts", "text/javascript"},
    extension{"tsx", "text/javascript"},
    extension{"ttf", "font/ttf"},
    extension{"txt", "text/plain"},
    extension{"wasm", "application/wasm"},
    extension{"wav", "audio/x-wav"},
    extension{"webm", "video/webm"},
    extension{"webp", "image/webp"},
    extension{"woff", "font/woff"},
    extension{"woff2", "font/woff2"},
    extension{"xls", "application/vnd.ms-excel"},
    extension{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    extension{"xml", "application/xml"},
    extension{"xz", "application/x-xz"},
    extension{"yaml", "text/yaml"},
    extension{"yml", "text/yaml"},
    extension{"zip", "application/zip"},
};
static_assert(std::is_sorted(extensions.begin(), extensions.end(),
                             [](const extension& left, const extension& right) {
                               return left.name < right.name;
                             }));

struct magic_number {
  std::size_t offset;
  std::string_view bytes;
  std::string_view type;
};

constexpr std::array magic_numbers{
    magic_number{0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    magic_number{0, "\xff\xd8\xff"sv, "image/jpeg"},
    magic_number{0, "GIF87a"sv, "image/gif"},
    magic_number{0, "GIF89a"sv, "image/gif"},
    magic_number{8, "WEBP"sv, "image/webp"},
    magic_number{8, "WAVE"sv, "audio/x-wav"},
    magic_number{0, "\0\0\1\0"sv, "image/x-icon"},
    magic_number{0, "%PDF-"sv, "application/pdf"},
    magic_number{0, "PK\3\4"sv, "application/zip"},
    magic_number{0, "\x1f\x8b"sv, "application/gzip"},
    magic_number{0, "BZh"sv, "application/x-bzip2"},
    magic_number{0,
                 "\xfd"
                 "7zXZ\0"sv,
                 "application/x-xz"},
    magic_number{0, "\x28\xb5\x2f\xfd"sv, "application/zstd"},
    magic_number{257, "ustar"sv, "application/x-tar"},
    magic_number{0, "\0asm"sv, "application/wasm"},
    magic_number{0, "ID3"sv, "audio/mpeg"},
    magic_number{4, "ftyp"sv, "video/mp4"},
    magic_number{0, "wOFF"sv, "font/woff"},
    magic_number{0, "wOF2"sv, "font/woff2"},
    magic_number{0, "<?xml "sv, "application/xml"},
};

/// HTTP.md 6.3.
constexpr std::array text_types{
    "application/ecmascript"sv,    "application/javascript"sv,
    "application/json"sv,          "application/json-seq"sv,
    "application/rtf"sv,           "application/sql"sv,
    "application/toml"sv,          "application/typescript"sv,
    "application/x-empty"sv,       "application/x-httpd-php"sv,
    "application/x-javascript"sv,  "application/x-sh"sv,
    "application/x-shellscript"sv, "application/x-typescript"sv,
    "application/x-yaml"sv,        "application/xml"sv,
    "application/xml-dtd"sv,       "application/xml-external-parsed-entity"sv,
    "application/yaml"sv,          "inode/x-empty"sv,
};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

std::string_view mime_type_of_name(std::string_view name) {
  name.remove_prefix(std::min(name.rfind('/') + 1, name.size())); // npos + 1 is 0
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) // ".gz" has no extension
    return {};
  std::string wanted(name.substr(dot + 1));
  std::transform(wanted.begin(), wanted.end(), wanted.begin(), lower);
  const auto* found =
      std::lower_bound(extensions.begin(), extensions.end(), wanted,
                       [](const extension& one, const std::string& text) { return one.name < text; });
  return found != extensions.end() && found->name == wanted ? found->type : std::string_view{};
}

std::string_view mime_type_of_content(std::string_view beginning) {
  if (beginning.empty())
    return "inode/x-empty";
  for (const auto& magic : magic_numbers)
    if (beginning.size() > magic.offset && beginning.substr(magic.offset).starts_with(magic.bytes))
      return magic.type;
  utf8_checker checker;
  const bool is_text = checker.check(beginning) && beginning.find('\0') == std::string_view::npos;
  return is_text ? "text/plain" : "application/octet-stream";
}

bool is_text_type(std::string_view type) {
  return type.starts_with("text/") || type.ends_with("+json") || type.ends_with("+xml") ||
         std::find(text_types.begin(), text_types.end(), type) != text_types.end();
}

} // namespace sandboxd::files
