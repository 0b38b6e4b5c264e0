#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>

namespace sandboxd::config {

/// A file with the given text, removed at the end of the scope.
class temporary_file {
public:
  explicit temporary_file(std::string_view text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "sandboxd-config-XXXXXX").string();
    const int descriptor = mkstemp(pattern.data());
    EXPECT_GE(descriptor, 0);
    close(descriptor);
    path_ = pattern;
    write(text);
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() { std::filesystem::remove(path_); }

  void write(std::string_view text) const { std::ofstream(path_, std::ios::binary) << text; }
  const std::string& path() const { return path_; }
  std::string flag() const { return "--config-file=" + path_; }

private:
  std::string path_;
};

} // namespace sandboxd::config
