#include "inspector/page_files.hpp"

#include <algorithm>

namespace sandboxd::inspector {

const page_file* find_page_file(std::string_view path) {
  const auto files = page_files();
  const auto found = std::ranges::find(files, path, &page_file::path);
  return found == files.end() ? nullptr : &*found;
}

} // namespace sandboxd::inspector
