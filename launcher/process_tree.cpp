#include "launcher/process_tree.hpp"

#include "launcher/descriptor.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdio>
#include <deque>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <span>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <unordered_map>

namespace sandboxd::launcher {

namespace {

/// -1: nothing is held.
int held_proc = -1;

std::optional<pid_t> to_pid(std::string_view name) {
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size())
    return std::nullopt;
  return pid;
}

std::string path_in_proc(pid_t pid, const char* name) {
  return (held_proc < 0 ? "/proc/" : "") + std::to_string(pid) + "/" + name;
}

/// The names that are numbers in a directory, which is relative to /proc where that is held.
template <class Visitor>
void for_each_number(const char* path, Visitor visit) {
  const int opened = ::openat(held_proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opened < 0 ? nullptr : ::fdopendir(opened), ::closedir);
  if (!directory)
    return;
  while (const dirent* entry = ::readdir(directory.get()))
    if (const auto number = to_pid(entry->d_name))
      visit(*number);
}

/// Field `number` (counted from 1 as in proc(5)) of the text after the command name.
template <class T>
bool read_field(std::string_view rest, int number, T& value) {
  for (int field = 3; field < number; ++field) {
    const auto space = rest.find(' ');
    if (space == std::string_view::npos)
      return false;
    rest.remove_prefix(space + 1);
  }
  return std::from_chars(rest.data(), rest.data() + rest.size(), value).ec == std::errc();
}

/// Threads of one process whose children are looked for, and of all together.
constexpr std::size_t most_threads = 256;
constexpr std::size_t most_threads_of_all = 4096;

/// The children of a process, of which a few kilobytes of numbers are read for each of its threads
/// (proc_pid_task_children(5)); nothing when the kernel was built without CONFIG_PROC_CHILDREN.
/// `threads_left` is what may still be read, and is counted down.
std::optional<std::vector<pid_t>> read_children(pid_t pid, std::size_t& threads_left) {
  std::vector<pid_t> threads;
  for_each_number(path_in_proc(pid, "task").c_str(), [&](pid_t thread) {
    if (threads.size() < std::min(most_threads, threads_left))
      threads.push_back(thread);
  });
  threads_left -= threads.size();
  std::vector<pid_t> children;
  for (const auto thread : threads) {
    const auto path = path_in_proc(pid, "task/") + std::to_string(thread) + "/children";
    const descriptor file(::openat(held_proc, path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file && errno == ENOENT && read_process(thread))
      return std::nullopt;
    std::array<char, 4096> buffer{};
    const auto count = file ? ::read(file.get(), buffer.data(), buffer.size()) : 0;
    std::string_view rest(buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
    for (auto end = rest.find(' '); end != std::string_view::npos; end = rest.find(' ')) {
      if (const auto child = to_pid(rest.substr(0, end)))
        children.push_back(*child);
      rest.remove_prefix(end + 1);
    }
  }
  return children;
}

} // namespace

void hold_proc() {
  held_proc = ::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

std::string_view read_proc_file(pid_t pid, const char* name, std::span<char> buffer) {
  char path[32];
  std::snprintf(path, sizeof(path), "%s%d/%s", held_proc < 0 ? "/proc/" : "", static_cast<int>(pid), name);
  const descriptor file(::openat(held_proc, path, O_RDONLY | O_CLOEXEC));
  const ssize_t count = file ? ::read(file.get(), buffer.data(), buffer.size()) : 0;
  return {buffer.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

std::string read_proc_link(pid_t pid, const char* name) {
  const auto path = path_in_proc(pid, name);
  std::string target(PATH_MAX, '\0');
  const ssize_t count = ::readlinkat(held_proc, path.c_str(), target.data(), target.size());
  target.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return target;
}

std::size_t count_descriptors(pid_t pid) {
  struct stat directory {};
  const auto path = path_in_proc(pid, "fd");
  return ::fstatat(held_proc, path.c_str(), &directory, 0) == 0 ? static_cast<std::size_t>(directory.st_size)
                                                                : 0;
}

std::optional<process_entry> parse_stat(std::string_view text) {
  const auto name_end = text.rfind(')');
  const auto name_begin = text.find('(');
  if (name_begin == std::string_view::npos || name_begin < 2 || name_end == std::string_view::npos ||
      name_end + 3 > text.size())
    return std::nullopt;
  process_entry entry;
  const auto pid = to_pid(text.substr(0, name_begin - 1));
  const std::string_view rest = text.substr(name_end + 2);
  if (!pid || !read_field(rest, 4, entry.parent) || !read_field(rest, 5, entry.group) ||
      !read_field(rest, 6, entry.session) || !read_field(rest, 22, entry.start_time))
    return std::nullopt;
  std::uint64_t in_kernel = 0;
  read_field(rest, 14, entry.cpu_ticks);
  read_field(rest, 15, in_kernel);
  entry.cpu_ticks += in_kernel;
  read_field(rest, 24, entry.rss_pages);
  entry.pid = *pid;
  entry.state = rest.front();
  return entry;
}

std::optional<process_entry> read_process(pid_t pid) {
  char buffer[1024];
  return parse_stat(read_proc_file(pid, "stat", buffer));
}

bool catches(std::string_view status, int signal) {
  constexpr std::string_view label = "\nSigCgt:\t";
  const auto found = status.find(label);
  if (found == std::string_view::npos)
    return false;
  status.remove_prefix(found + label.size());
  std::uint64_t mask = 0;
  std::from_chars(status.data(), status.data() + status.size(), mask, 16);
  return (mask >> (signal - 1) & 1) != 0;
}

bool catches(pid_t pid, int signal) {
  char buffer[4096];
  return catches(read_proc_file(pid, "status", buffer), signal);
}

std::vector<process_entry> read_processes() {
  std::vector<process_entry> processes;
  for_each_number(held_proc < 0 ? "/proc" : ".", [&](pid_t pid) {
    if (const auto entry = read_process(pid))
      processes.push_back(*entry);
  });
  return processes;
}

bool signal_process(const process_entry& target, int signal) {
  const descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, target.pid, 0)));
  if (!handle)
    return false;
  const auto now = read_process(target.pid);
  return now && now->start_time == target.start_time &&
         ::syscall(SYS_pidfd_send_signal, handle.get(), signal, nullptr, 0) == 0;
}

std::vector<process_entry> descendants(const std::vector<process_entry>& processes,
                                       const std::set<pid_t>& roots,
                                       const std::function<bool(const process_entry&)>& excluded) {
  std::unordered_multimap<pid_t, const process_entry*> by_parent;
  for (const auto& entry : processes)
    by_parent.emplace(entry.parent, &entry);

  std::vector<process_entry> result;
  std::vector<pid_t> parents(roots.begin(), roots.end());
  std::set<pid_t> seen = roots;                               // /proc may have changed while it was read
  for (std::size_t next = 0; next < parents.size(); ++next) { // the nearest first
    const auto [first, last] = by_parent.equal_range(parents[next]);
    for (auto child = first; child != last; ++child) {
      const auto& entry = *child->second;
      if (excluded(entry) || !seen.insert(entry.pid).second)
        continue;
      parents.push_back(entry.pid);
      if (!entry.dead())
        result.push_back(entry);
    }
  }
  return result;
}

std::vector<process_entry> look_below(pid_t root, std::size_t most) {
  std::vector<process_entry> found;
  std::set<pid_t> seen{root}; // numbers may be given anew meanwhile
  std::deque<pid_t> parents{root};
  const auto most_seen = 10 * most; // whoever has many dead children costs us no more than that
  std::size_t threads = most_threads_of_all;
  while (!parents.empty() && found.size() < most && seen.size() < most_seen && threads > 0) {
    const auto children = read_children(parents.front(), threads);
    if (!children) {
      found = descendants(read_processes(), {root}, [](const auto&) { return false; });
      found.resize(std::min(found.size(), most));
      return found;
    }
    parents.pop_front();
    for (const auto child : *children) {
      const bool is_wanted = found.size() < most && seen.size() < most_seen && seen.insert(child).second;
      const auto entry = is_wanted ? read_process(child) : std::nullopt;
      if (!entry)
        continue;
      parents.push_back(child);
      if (!entry->dead())
        found.push_back(*entry);
    }
  }
  return found;
}

} // namespace sandboxd::launcher
