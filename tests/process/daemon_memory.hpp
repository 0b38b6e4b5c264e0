#pragma once

#include "tests/support/census.hpp"

#include <cstdint>
#include <fstream>
#include <malloc.h>
#include <sstream>
#include <string>

namespace sandboxd::testing {

/// A size from /proc/self/status, which is the daemon's where it is in the test's process, in bytes.
inline std::uint64_t size_of_daemon(const std::string& name) {
  std::istringstream status(read_proc_file("/proc/self/status"));
  std::uint64_t kibibytes = 0;
  for (std::string word; status >> word;)
    if (word == name + ":")
      status >> kibibytes;
  return kibibytes * 1024;
}

/// How much larger the daemon is at times from now on. What daemons before it have left does not count.
class daemon_growth {
public:
  daemon_growth() {
    ::malloc_trim(0);
    before_ = size_of_daemon("VmRSS");
    std::ofstream("/proc/self/clear_refs") << 5; // forgets the highest size so far (proc(5))
  }
  [[nodiscard]] std::uint64_t most() const {
    const auto peak = size_of_daemon("VmHWM");
    return peak > before_ ? peak - before_ : 0;
  }

private:
  std::uint64_t before_ = 0;
};

} // namespace sandboxd::testing
