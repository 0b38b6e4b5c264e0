#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace sandboxd::launcher {

class background_worker;

/// The directory (mode 0700) of one shell's control files. The session may do there what it likes, so nothing
/// here follows a link, opens what another has made, or waits for anybody.
class control_directory {
public:
  /// `background` removes what others have put into the directory; null: that stays.
  control_directory(std::string path, std::shared_ptr<background_worker> background);

  /// Removes our files, and the directory when nothing else is in it; the rest is left to `background`.
  ~control_directory();
  control_directory(const control_directory&) = delete;
  control_directory& operator=(const control_directory&) = delete;

  /// Makes it where it is missing; whether that worked shows with the first `write`.
  void make() const;

  /// Makes a new file of this content in the place of whatever had this name. Throws std::system_error, also
  /// when the name is that of a directory.
  void write(std::string_view name, std::string_view text) const;

  void remove(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;

private:
  [[nodiscard]] std::string path_of(std::string_view name) const;

  std::string path_;
  std::shared_ptr<background_worker> background_;
};

} // namespace sandboxd::launcher
