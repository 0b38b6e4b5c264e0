#include "files/file_reader.hpp"

#include "files/mime_type.hpp"
#include "files/utf8_checker.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace sandboxd::files {

namespace {

/// Bytes looked at in one piece.
constexpr std::size_t piece_bytes = 256u << 10;

std::string type_of(const std::string& path, std::string_view beginning) {
  const auto by_name = mime_type_of_name(path);
  return std::string(by_name.empty() ? mime_type_of_content(beginning) : by_name);
}

} // namespace

file_reader::file_reader(const sandbox_root& root, const std::string& path)
    : path_(path), file_(root.open_regular(path)) {}

std::uint64_t file_reader::size() const {
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0)
    throw_errno("stat");
  return static_cast<std::uint64_t>(status.st_size);
}

std::string file_reader::read_at(std::uint64_t offset, std::size_t most) const {
  std::string bytes(most, '\0');
  std::size_t filled = 0;
  while (filled < most) {
    const ssize_t count =
        ::pread(file_.get(), bytes.data() + filled, most - filled, static_cast<off_t>(offset + filled));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      throw_errno("read");
    if (count == 0)
      break;
    filled += static_cast<std::size_t>(count);
  }
  bytes.resize(filled);
  return bytes;
}

std::string file_reader::read(std::size_t most) {
  std::string bytes = read_at(position_, most);
  position_ += bytes.size();
  return bytes;
}

file_description file_reader::describe(std::uint64_t checked, std::uint64_t checked_whole) const {
  file_description result;
  result.size = size();
  std::string piece = read_at(0, sniffed_bytes);
  result.mime_type = type_of(path_, piece);
  if (!is_text_type(result.mime_type))
    return result;
  utf8_checker checker;
  const std::uint64_t until = result.size <= checked_whole ? checked_whole : checked;
  piece = piece.substr(0, until);
  std::uint64_t offset = 0;
  while (!piece.empty() && offset < until && checker.check(piece)) {
    offset += piece.size();
    piece = read_at(offset, static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, until - offset)));
  }
  const bool saw_the_end = piece.empty();
  result.is_text = saw_the_end ? checker.complete() : offset >= until;
  return result;
}

file_content read_file(const sandbox_root& root, const std::string& path, std::size_t most) {
  file_reader reader(root, path);
  file_content result;
  result.description.size = reader.size();
  result.too_large = result.description.size > most;
  if (result.too_large)
    return result;
  // The kernel's own files have no size, and others may grow meanwhile.
  const std::size_t wanted = std::max<std::size_t>(result.description.size + 1, 4096);
  result.bytes = reader.read(wanted);
  for (bool ended = result.bytes.size() < wanted; !ended && result.bytes.size() <= most;) {
    const std::string piece = reader.read(piece_bytes);
    ended = piece.size() < piece_bytes;
    result.bytes += piece;
  }
  if (result.bytes.size() > most) {
    result.description.size = std::max<std::uint64_t>(reader.size(), result.bytes.size());
    result.bytes = {};
    result.too_large = true;
    return result;
  }
  utf8_checker checker;
  result.is_utf8 = checker.check(result.bytes) && checker.complete();
  result.description.size = result.bytes.size();
  result.description.mime_type = type_of(path, std::string_view(result.bytes).substr(0, sniffed_bytes));
  result.description.is_text = is_text_type(result.description.mime_type) && result.is_utf8;
  return result;
}

} // namespace sandboxd::files
