#pragma once

#include "files/sandbox_root.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::testing {

/// For `sandbox_root`.
inline std::shared_ptr<const files::descriptor> open_root(const std::string& path) {
  return std::make_shared<const files::descriptor>(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/// A sandbox whose root is a directory of the test's own; "/hidden" in it is hidden. Beside it lies what must
/// stay out of reach.
class sandbox_files : public ::testing::Test {
protected:
  scratch_directory scratch;
  const std::string inside = scratch / "root";
  const std::string outside = scratch / "secret";
  files::sandbox_root root = make_root();

  files::sandbox_root make_root() {
    std::filesystem::create_directories(inside + "/hidden");
    put(inside + "/hidden/key", "of the daemon");
    put(outside, "outside");
    return files::sandbox_root(open_root(inside), {"/hidden"});
  }

  static void put(const std::string& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }
  static std::string get(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  /// A path of the test's own for one of the sandbox.
  [[nodiscard]] std::string in(const std::string& path) const { return inside + path; }

  /// The names in a directory of the sandbox, sorted.
  [[nodiscard]] std::vector<std::string> names(const std::string& path) const {
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(in(path)))
      found.push_back(entry.path().filename());
    std::sort(found.begin(), found.end());
    return found;
  }
};

/// The errno something fails with; 0 when it does not.
inline int errno_of(const std::function<void()>& action) {
  try {
    action();
    return 0;
  } catch (const std::system_error& error) {
    return error.code().value();
  }
}

} // namespace sandboxd::testing
