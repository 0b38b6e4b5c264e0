#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Reads the syntax of a configuration file, which is CAF 0.17's: sections, `key = value` lines, comments
/// from `;` to the end of the line. Knows no key. Pure; any thread.
namespace sandboxd::config {

/// One assignment of a file.
struct assignment {
  std::string key;     ///< with its section: `http.port`
  std::string literal; ///< the value as written, a text without its quotes
  bool quoted = false; ///< it stood in quotes: a text, not a number or boolean
  int line = 0;        ///< of the key, from 1
};

/// Something in a file that cannot be read.
struct syntax_problem {
  int line = 0;
  std::string what;
};

/// What a file holds. After a problem nothing more of the file is read.
struct file_content {
  std::vector<assignment> assignments; ///< in the order of the file, duplicates included
  std::vector<syntax_problem> problems;
};

/// Longest file that is read, in bytes.
inline constexpr std::size_t longest_file = 1u << 20;

/// Reads the text of a file. Any bytes are fine: what is no configuration ends in a problem.
file_content read_file_text(std::string_view text);

} // namespace sandboxd::config
