#pragma once

#include "git/clone_exchange.hpp"

#include <optional>
#include <string>

namespace sandboxd::git {

/// Where a clone goes. Claims it, so that of two clones into one place only one goes on, and removes what the
/// other has made never.
class target_directory {
public:
  /// Makes the directory, or takes it as it is when it is there and empty.
  explicit target_directory(std::string path);
  target_directory(const target_directory&) = delete;
  target_directory& operator=(const target_directory&) = delete;
  ~target_directory();

  /// Why nothing can be cloned into it, as git says.
  [[nodiscard]] std::optional<clone_result> obstacle() const;

  /// Removes what was not there when this object was made, if it was claimed. Links are removed, not
  /// followed.
  void clean_up() const;

private:
  enum class kind {
    unknown, ///< could be neither made nor opened: the clone will say why
    made,
    empty_directory,
    other,
  };

  [[nodiscard]] kind claim();
  [[nodiscard]] bool lock();

  std::string path_;
  int descriptor_ = -1; ///< holds the lock
  kind kind_ = kind::unknown;
};

} // namespace sandboxd::git
