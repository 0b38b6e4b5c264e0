#pragma once

#include "files/sandbox_root.hpp"

#include <string>

namespace sandboxd::files {

/// A directory for what is to take its place when it is complete, under a temporary name beside that place.
/// Who may write beside it cannot put anything of others in the place of what is made in it.
class staging_directory {
public:
  /// `beside` outlives it.
  explicit staging_directory(const descriptor& beside);
  /// Removes it with what is left in it.
  ~staging_directory();
  staging_directory(const staging_directory&) = delete;
  staging_directory& operator=(const staging_directory&) = delete;

  /// Whether nobody but this process's user may change names in it. Not where the file system has owners and
  /// modes of its own, nor when somebody has put another directory in its place.
  [[nodiscard]] bool is_private() const noexcept { return is_private_; }

  /// Where one thing may be made in it.
  [[nodiscard]] const place& inside() const noexcept { return inside_; }

private:
  const descriptor& beside_;
  const std::string name_;
  place inside_;
  bool is_private_ = false;
};

} // namespace sandboxd::files
