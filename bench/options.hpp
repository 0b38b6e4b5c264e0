#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::bench {

/// The arguments `--name=value`, and behind a lone `--` a command to run.
class options {
public:
  /// Throws std::invalid_argument for an argument that is neither, or whose name is not among `known`.
  options(const std::vector<std::string>& arguments, const std::vector<std::string_view>& known);

  /// The value given, or the fallback.
  std::string text(std::string_view name, std::string_view fallback = {}) const;

  /// The value given as a number; throws std::invalid_argument when it is none or is negative.
  double number(std::string_view name, double fallback) const;

  /// What stands behind `--`.
  const std::vector<std::string>& command() const { return command_; }

private:
  std::map<std::string, std::string, std::less<>> values_;
  std::vector<std::string> command_;
};

} // namespace sandboxd::bench
