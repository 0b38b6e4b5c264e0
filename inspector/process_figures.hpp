#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>

namespace sandboxd::inspector {

/// A process and all below it, the process first, as a JSON array (`Process` in openapi.json); "[]" when
/// there is none of that number. At most a hundred, those nearest to it.
[[nodiscard]] std::string process_documents(pid_t process);

/// What the daemon itself uses.
struct own_figures {
  std::uint64_t rss_bytes = 0;
  std::uint64_t cpu_milliseconds = 0; ///< all its threads
  std::uint64_t descriptors = 0;
  std::uint64_t threads = 0;
};
[[nodiscard]] own_figures read_own_figures();

} // namespace sandboxd::inspector
