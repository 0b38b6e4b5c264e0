#include "http/file_document.hpp"

#include "http/base64.hpp"
#include "http/json_string.hpp"
#include "http/json_writer.hpp"
#include "http/timestamp.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

namespace sandboxd::http {

namespace {

/// Gives a text out as the content of a JSON string, bit by bit.
class text_source {
public:
  explicit text_source(actors::read_file file)
      : file_(std::make_shared<actors::read_file>(std::move(file))) {}

  std::string operator()(std::size_t most) {
    std::string piece;
    const auto bytes = std::string_view(file_->content.bytes).substr(offset_);
    offset_ += encoder_.encode(bytes, piece, std::max(most, json_string_encoder::longest_character));
    if (offset_ == file_->content.bytes.size())
      encoder_.finish(piece);
    return piece;
  }

private:
  std::shared_ptr<actors::read_file> file_;
  json_string_encoder encoder_{json_charset::utf8};
  std::size_t offset_ = 0;
};

/// The same as base64.
class base64_source {
public:
  explicit base64_source(actors::read_file file)
      : file_(std::make_shared<actors::read_file>(std::move(file))) {}

  std::string operator()(std::size_t most) {
    // Whole groups of three bytes, which need no padding.
    const std::size_t groups = std::max<std::size_t>(most / 4, 1);
    const auto bytes = std::string_view(file_->content.bytes).substr(offset_, 3 * groups);
    offset_ += bytes.size();
    return encode_base64(bytes);
  }

private:
  std::shared_ptr<actors::read_file> file_;
  std::size_t offset_ = 0;
};

bool as_text(const actors::file_content& content, content_encoding wanted) {
  switch (wanted) {
  case content_encoding::automatic:
    return content.description.is_text;
  case content_encoding::base64:
    return false;
  case content_encoding::utf8_if_possible:
    return content.is_utf8;
  case content_encoding::utf8:
    return true;
  }
  return false;
}

std::string_view type_name(actors::file_type type) {
  switch (type) {
  case actors::file_type::file:
    return "file";
  case actors::file_type::directory:
    return "directory";
  case actors::file_type::symlink:
    return "symlink";
  case actors::file_type::other:
    break;
  }
  return "other";
}

char type_letter(actors::file_type type) {
  switch (type) {
  case actors::file_type::directory:
    return 'd';
  case actors::file_type::symlink:
    return 'l';
  case actors::file_type::file:
  case actors::file_type::other:
    break;
  }
  return '-';
}

/// Bytes of an entry's record; longer names make longer ones.
constexpr std::size_t usual_record = 256;

/// Adds the members of an entry's record. `prefix`: the directory's path with its slash.
void write_entry(json_writer& record, const actors::directory_entry& entry, const std::string& prefix,
                 dialect spoken) {
  const auto has = [&](std::uint16_t bit) { return (entry.mode & bit) != 0; };
  const std::string type(spoken == dialect::a ? 1 : 0, type_letter(entry.type));
  record.text("name", entry.name())
      .text("absolutePath", prefix + entry.relative_path)
      .text("relativePath", entry.relative_path)
      .text("type", type_name(entry.type))
      .number("size", entry.size)
      .text("modifiedAt", timestamp(entry.modified_at))
      .text("mode", type + mode_text(entry.mode))
      .begin_object("permissions")
      .boolean("readable", has(0400))
      .boolean("writable", has(0200))
      .boolean("executable", has(0100))
      .end_object();
}

/// Gives the records of a directory out, a few at a time.
class entries_source {
public:
  entries_source(actors::directory_listing listing, dialect spoken)
      : listing_(std::make_shared<actors::directory_listing>(std::move(listing))),
        prefix_(listing_->path == "/" ? listing_->path : listing_->path + '/'), spoken_(spoken) {}

  std::string operator()(std::size_t most) {
    json_writer piece;
    const auto& entries = listing_->entries;
    piece.reserve(std::min(most, (entries.size() - next_) * usual_record));
    while (next_ < entries.size() && (piece.size() == 0 || piece.size() < most)) {
      piece.begin_element(next_ == 0);
      write_entry(piece, entries[next_], prefix_, spoken_);
      piece.end_object();
      ++next_;
    }
    return piece.take_members();
  }

private:
  std::shared_ptr<actors::directory_listing> listing_;
  std::string prefix_;
  dialect spoken_;
  std::size_t next_ = 0;
};

} // namespace

content_encoding requested_encoding(const nlohmann::ordered_json& body, dialect spoken) {
  const auto given = body.find("encoding");
  if (spoken == dialect::a || given == body.end())
    return content_encoding::automatic;
  if (*given == "base64")
    return content_encoding::base64;
  if (*given == "utf8")
    return content_encoding::utf8_if_possible;
  return *given == "utf-8" ? content_encoding::utf8 : content_encoding::automatic;
}

json_document content_document(actors::read_file file, std::string_view path, content_encoding wanted,
                               const std::string& timestamp) {
  const bool text = as_text(file.content, wanted);
  const auto size = file.content.description.size;
  const std::string head =
      json_writer().boolean("success", true).number("exitCode", 0).text("path", path).take_members();
  const std::string tail = json_writer()
                               .text("timestamp", timestamp)
                               .text("encoding", text ? "utf-8" : "base64")
                               .boolean("isBinary", !text)
                               .text("mimeType", file.content.description.mime_type)
                               .number("size", size)
                               .take_members();
  json_document document;
  document.raw("{" + head + ",\"content\":\"");
  if (text)
    document.generated(size, text_source(std::move(file)));
  else
    document.generated(size / 3 * 4, base64_source(std::move(file)));
  document.raw("\"," + tail + "}");
  return document;
}

json_document listing_document(actors::directory_listing listing, std::string_view path, dialect spoken,
                               const std::string& timestamp) {
  const auto count = listing.entries.size();
  json_document document;
  document.raw("{" +
               json_writer()
                   .boolean("success", true)
                   .number("exitCode", 0)
                   .text("path", path)
                   .number("count", count)
                   .text("timestamp", timestamp)
                   .take_members() +
               ",\"files\":[");
  document.generated(count * usual_record, entries_source(std::move(listing), spoken));
  document.raw("]}");
  return document;
}

std::string mode_text(std::uint16_t mode) {
  std::string text = "rwxrwxrwx";
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((mode & (0400 >> i)) == 0)
      text[i] = '-';
  const auto special = [&](std::uint16_t bit, std::size_t at, char letter) {
    if ((mode & bit) != 0)
      text[at] = text[at] == 'x' ? letter : static_cast<char>(letter - 'a' + 'A');
  };
  special(04000, 2, 's');
  special(02000, 5, 's');
  special(01000, 8, 't');
  return text;
}

} // namespace sandboxd::http
