#pragma once

#include <span>
#include <string_view>

namespace sandboxd::inspector {

/// A file of the page, as it was when the program was built.
struct page_file {
  std::string_view path; ///< of the request that gets it
  std::string_view content_type;
  std::string_view content;
};

/// All of them.
[[nodiscard]] std::span<const page_file> page_files();

/// The file for this path, or null.
[[nodiscard]] const page_file* find_page_file(std::string_view path);

} // namespace sandboxd::inspector
