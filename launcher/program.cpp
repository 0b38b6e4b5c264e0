#include "launcher/program.hpp"

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <string_view>
#include <sys/mman.h>
#include <system_error>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

void append(std::string& text, std::string_view item) {
  text.append(item);
  text.push_back('\0');
}

std::string_view take(std::string_view& text) {
  const auto end = text.find('\0');
  const auto item = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return item;
}

/// The number that is all of `text`; zero when it is none.
std::size_t to_number(std::string_view text) {
  std::size_t number = 0;
  const auto* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  return error == std::errc() && end == last ? number : 0;
}

std::string read_all(int file) {
  std::string text;
  char buffer[16384];
  for (off_t offset = 0;;) {
    const ssize_t count = ::pread(file, buffer, sizeof(buffer), offset);
    if (count <= 0)
      return text;
    text.append(buffer, static_cast<std::size_t>(count));
    offset += count;
  }
}

} // namespace

descriptor memory_file(std::string_view text) {
  descriptor file(::memfd_create("sandboxd", MFD_CLOEXEC));
  if (!file)
    throw std::system_error(errno, std::generic_category(), "memfd_create");
  for (off_t offset = 0; !text.empty();) {
    const ssize_t written = ::pwrite(file.get(), text.data(), text.size(), offset);
    if (written < 0)
      throw std::system_error(errno, std::generic_category(), "write to memory file");
    text.remove_prefix(static_cast<std::size_t>(written));
    offset += written;
  }
  return file;
}

// Layout: directory, whether it must be entered, whether it is trusted, number of arguments, arguments,
// environment; every item ends with a NUL.
descriptor encode(const program& what) {
  std::string text;
  append(text, what.directory);
  append(text, what.must_enter ? "1" : "0");
  append(text, what.is_trusted ? "1" : "0");
  append(text, std::to_string(what.argv.size()));
  for (const auto& item : what.argv)
    append(text, item);
  for (const auto& item : what.environment)
    append(text, item);

  return memory_file(text);
}

program decode(int memory_file) {
  const std::string text = read_all(memory_file);
  std::string_view rest = text;
  program result;
  result.directory = take(rest);
  result.must_enter = to_number(take(rest)) == 1;
  result.is_trusted = to_number(take(rest)) == 1;
  for (auto left = to_number(take(rest)); left > 0 && !rest.empty(); --left)
    result.argv.emplace_back(take(rest));
  while (!rest.empty())
    result.environment.emplace_back(take(rest));
  return result;
}

} // namespace sandboxd::launcher
