#pragma once

#include "inspector/sandboxctl/documents.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace sandboxd::sandboxctl {

/// An event of the journal that was seen; number 0: none was yet.
struct journal_place {
  std::uint64_t number = 0;
  std::string time;
  std::string daemon; ///< when the daemon that told it had begun; empty: not known
};

/// How to go on after a lost connection, and what to tell about it.
struct resumption {
  std::uint64_t after = 0; ///< number behind which to begin
  std::string words;
};

/// An array of the journal's events behind a number, the oldest first and at most `limit`. Behind a number
/// that there is not yet it begins with the first one, as the interface does.
using journal_source = std::function<json(std::uint64_t after, std::size_t limit)>;

/// `daemon` is the one there is now. Another one may go on with the numbers of the one before, which may have
/// ended before its last events were on the disk: then they are those of other events. Or it numbers anew.
/// Of either nothing is shown that is not newer than what was seen.
[[nodiscard]] resumption resume(const journal_place& place, const std::string& daemon,
                                const journal_source& read);

} // namespace sandboxd::sandboxctl
