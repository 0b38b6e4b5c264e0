#pragma once

#include "git/clone_exchange.hpp"

#include <optional>
#include <string>

namespace sandboxd::git {

/// Where a clone goes: knows what was there before, and removes the rest when the clone fails.
class target_directory {
public:
  explicit target_directory(std::string path);

  /// Why nothing can be cloned into it, as git says.
  [[nodiscard]] std::optional<clone_result> obstacle() const;

  /// Removes what was not there when this object was made. Links are removed, not followed.
  void clean_up() const;

private:
  enum class kind { missing, empty_directory, other };

  std::string path_;
  kind before_ = kind::missing;
};

} // namespace sandboxd::git
