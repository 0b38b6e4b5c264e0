#pragma once

#include "files/sandbox_root.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace sandboxd::fuzz {

/// A sandbox's root with files, links that lead out of it or in circles, and something that is hidden; beside
/// it what nothing may reach. It is made once and goes with the process.
class path_tree {
public:
  path_tree();
  path_tree(const path_tree&) = delete;
  path_tree& operator=(const path_tree&) = delete;
  ~path_tree();

  /// Opens and looks up a path in every way; it must not lead out of the root, nor to what is hidden.
  void check(const std::string& path) const;

private:
  void check_opened(const std::string& path) const;
  void check_place(const files::place& found) const;

  std::filesystem::path top_;
  std::filesystem::path root_directory_;
  std::unique_ptr<files::sandbox_root> root_;
};

/// Whether `path` is `directory` or lies in it, by their components; both are absolute, without `.` and `..`.
[[nodiscard]] bool lies_in(const std::string& path, const std::string& directory);

} // namespace sandboxd::fuzz
