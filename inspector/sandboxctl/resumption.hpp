#pragma once

#include "inspector/sandboxctl/documents.hpp"

#include <cstdint>
#include <string>

namespace sandboxd::sandboxctl {

/// An event of the journal that was seen; number 0: none was yet.
struct journal_place {
  std::uint64_t number = 0;
  std::string time;
};

/// How to go on after a lost connection, and what to tell about it.
struct resumption {
  std::uint64_t after = 0; ///< number behind which to begin
  std::string words;
};

/// `answer` is the interface's to the question for one event behind number - 1 of the place, i.e. for the
/// very event: a daemon that was started anew has another one there or none.
[[nodiscard]] resumption resume_at(const journal_place& place, const json& answer);

} // namespace sandboxd::sandboxctl
