#pragma once

#include "actors/errors.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"

#include <string_view>

namespace sandboxd::http {

/// What one file route is called, and what its failures say (HTTP.md 3.2, 6).
struct file_operation {
  /// Value of `operation` in errors of dialect B.
  std::string_view name;
  /// What dialect A calls it: "Failed to <text>".
  std::string_view a_text;
  /// In dialect B: "Failed to <text> '<path>'".
  std::string_view b_text;
  /// What is missing: "<text>: <path>".
  std::string_view missing = "File not found";
};

inline constexpr file_operation reading{"file.read", "read file", "read file"};
inline constexpr file_operation streaming{"file.read", "read filestream", "read file"};
inline constexpr file_operation writing{"file.write", "write file", "write file"};
inline constexpr file_operation deleting{"file.delete", "delete file", "delete file"};
inline constexpr file_operation renaming{"file.rename", "rename file", "rename file",
                                         "Source file not found"};
inline constexpr file_operation moving{"file.move", "move file", "move file", "Source file not found"};
inline constexpr file_operation making_directory{"directory.create", "mkdir", "create directory"};
inline constexpr file_operation listing{"directory.list", "list files", "list directory",
                                        "Directory not found"};
inline constexpr file_operation looking{"file.stat", "stat file", "check file"};

/// What a client is told of a failed operation on `path`, as the client wrote it.
[[nodiscard]] error_report file_error(const actors::failure& reason, const file_operation& operation,
                                      std::string_view path, dialect spoken);

/// The same for mkdir, which dialect B knows by the words of mkdir(1) (HTTP.md 6.5).
[[nodiscard]] error_report mkdir_error(const actors::failure& reason, std::string_view path, bool recursive);

/// Whether dialect A answers this failure with 200 and `success:false`, as the program that failed would have
/// been told; the others are errors there, too.
[[nodiscard]] bool is_unsuccessful_in_a(const actors::failure& reason);

} // namespace sandboxd::http
