#include "launcher/lineage.hpp"

#include "launcher/process_tree.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <random>
#include <string_view>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

/// A zombie is.
bool is_there(int handle) {
  return ::syscall(SYS_pidfd_send_signal, handle, 0, nullptr, 0) == 0 || errno == EPERM;
}

} // namespace

lineage new_session_lineage() {
  static std::atomic<std::uint32_t> next{std::random_device{}()};
  return lineage{next++ & 0x7fffffff} << 32; // never RLIM_INFINITY
}

int set_lineage(pid_t pid, lineage number) {
  // The hard limit is unlimited unless somebody has lowered it; raising it again takes privilege.
  const rlimit limit{number, RLIM_INFINITY};
  return ::prlimit(pid, RLIMIT_LOCKS, &limit, nullptr) == 0 ? 0 : errno;
}

int set_lineage(pid_t pid, int handle, lineage number) {
  if (!is_there(handle))
    return ESRCH;
  const rlimit limit{number, RLIM_INFINITY};
  rlimit former{};
  if (::prlimit(pid, RLIMIT_LOCKS, &limit, &former) != 0)
    return errno;
  if (is_there(handle)) // so it was when the limit was set
    return 0;
  ::prlimit(pid, RLIMIT_LOCKS, &former, nullptr);
  return ESRCH;
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
