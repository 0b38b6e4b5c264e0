#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace sandboxd::launcher {

/// One process as /proc/PID/stat (proc(5)) shows it.
struct process_entry {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  char state = '?';
  /// Clock ticks after boot; tells two processes of the same number apart.
  std::uint64_t start_time = 0;
  std::uint64_t cpu_ticks = 0; ///< of clock: in user mode and in the kernel, all its threads
  std::uint64_t rss_pages = 0;

  [[nodiscard]] bool dead() const noexcept { return state == 'Z' || state == 'X'; }
};

/// Holds on to /proc as it is now: everything here that reads it keeps to it, whatever is mounted over it or
/// unmounted later. At the start of a process, before it has threads.
void hold_proc();

/// The beginning of a file of a process below /proc, in `buffer`; empty when there is none.
std::string_view read_proc_file(pid_t pid, const char* name, std::span<char> buffer);

/// Where a symbolic link of a process below /proc leads, such as `cwd`; empty when it cannot be told.
std::string read_proc_link(pid_t pid, const char* name);

/// How many descriptors a process has; 0 when it cannot be told, and before Linux 6.2, which does not count
/// them (a process may have a million, which nobody has the time to list).
std::size_t count_descriptors(pid_t pid);

/// Parses the text of /proc/PID/stat; the command name in it may hold any character.
std::optional<process_entry> parse_stat(std::string_view text);

/// Reads one process, or nothing when there is none of that number.
std::optional<process_entry> read_process(pid_t pid);

/// All processes /proc shows, in no particular order.
std::vector<process_entry> read_processes();

/// Sends a signal to exactly this process: not to another one that got its number since.
/// Returns whether the process was still there.
bool signal_process(const process_entry& target, int signal);

/// Whether the process has a handler for `signal`, as the text of its /proc/PID/status says (proc(5),
/// SigCgt).
bool catches(std::string_view status, int signal);

/// The same of a process; false when there is none of that number.
bool catches(pid_t pid, int signal);

/// Those living `processes` below one of `roots`. The walk from a process up to its root stops at any process
/// for which `excluded` is true; such a process and what is below it are not in the result, nor are the
/// roots.
std::vector<process_entry> descendants(const std::vector<process_entry>& processes,
                                       const std::set<pid_t>& roots,
                                       const std::function<bool(const process_entry&)>& excluded);

/// The living below `root`, those nearest to it first and at most `most` of them, without reading the rest of
/// /proc: for people who look. What begins or ends meanwhile, or is a child of one of very many threads or
/// beside very many dead, may be missing.
std::vector<process_entry> look_below(pid_t root, std::size_t most);

} // namespace sandboxd::launcher
