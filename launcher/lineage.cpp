#include "launcher/lineage.hpp"

#include "launcher/process_tree.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <random>
#include <string_view>
#include <sys/resource.h>
#include <system_error>

namespace sandboxd::launcher {

lineage new_session_lineage() {
  static std::atomic<std::uint32_t> next{std::random_device{}()};
  return lineage{next++ & 0x7fffffff} << 32; // never RLIM_INFINITY
}

int set_lineage(pid_t pid, lineage number) {
  // The hard limit is unlimited unless somebody has lowered it; raising it again takes privilege.
  const rlimit limit{number, RLIM_INFINITY};
  return ::prlimit(pid, RLIMIT_LOCKS, &limit, nullptr) == 0 ? 0 : errno;
}

/// From /proc, which unlike prlimit(2) also shows processes of other users.
std::optional<lineage> lineage_of(pid_t pid) {
  char buffer[4096];
  std::string_view text = read_proc_file(pid, "limits", buffer);
  constexpr std::string_view name = "Max file locks";
  const auto line = text.find(name);
  if (line == std::string_view::npos)
    return std::nullopt;
  text.remove_prefix(line + name.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  lineage number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

} // namespace sandboxd::launcher
