#include "inspector/process_figures.hpp"

#include "http/json_writer.hpp"
#include "http/timestamp.hpp"
#include "launcher/process_tree.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <string_view>
#include <time.h>
#include <unistd.h>

namespace sandboxd::inspector {

namespace {

using launcher::process_entry;
using launcher::read_proc_file;

std::uint64_t milliseconds_of(std::uint64_t ticks) {
  return ticks * 1000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t bytes_of(std::uint64_t pages) {
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::chrono::system_clock::time_point time_after_boot(std::uint64_t ticks) {
  timespec since_boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
  const auto boot =
      std::chrono::system_clock::now() -
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::seconds(since_boot.tv_sec) + std::chrono::nanoseconds(since_boot.tv_nsec));
  return boot + std::chrono::milliseconds(milliseconds_of(ticks));
}

/// The words of its command line; in brackets its name, where it has none.
std::string command_of(pid_t pid) {
  std::array<char, 1024> buffer{};
  std::string text(read_proc_file(pid, "cmdline", buffer));
  if (text.empty()) {
    const auto name = read_proc_file(pid, "comm", buffer);
    return "[" + std::string(name.substr(0, name.find('\n'))) + "]";
  }
  if (text.back() == '\0')
    text.pop_back();
  std::ranges::replace(text, '\0', ' ');
  return text;
}

/// The value of a line `label:\tvalue` in /proc/PID/status; empty when there is none.
std::string_view status_value(std::string_view status, std::string_view label) {
  const auto found = status.find(label);
  if (found == std::string_view::npos)
    return {};
  status.remove_prefix(found + label.size());
  return status.substr(0, status.find('\n'));
}

/// Its number in the innermost of its namespaces.
pid_t number_in_namespace(pid_t pid) {
  std::array<char, 4096> buffer{};
  auto numbers = status_value(read_proc_file(pid, "status", buffer), "\nNSpid:\t");
  numbers.remove_prefix(std::min(numbers.rfind('\t') + 1, numbers.size())); // npos + 1 is 0
  pid_t number = 0;
  std::from_chars(numbers.data(), numbers.data() + numbers.size(), number);
  return number;
}

/// Of version 2.
std::string group_of(pid_t pid) {
  std::array<char, 4096> buffer{};
  const auto groups = read_proc_file(pid, "cgroup", buffer);
  const auto found = groups.starts_with("0::") ? 0 : groups.find("\n0::");
  if (found == std::string_view::npos)
    return {};
  const auto rest = groups.substr(groups.find("::", found) + 2);
  return std::string(rest.substr(0, rest.find('\n')));
}

std::string document(const process_entry& process) {
  http::json_writer json;
  json.number("pid", process.pid).number("parent", process.parent);
  if (const auto inside = number_in_namespace(process.pid); inside != 0 && inside != process.pid)
    json.number("pidInNamespace", inside);
  json.text("state", std::string_view(&process.state, 1))
      .text("command", command_of(process.pid))
      .number("rssBytes", bytes_of(process.rss_pages))
      .number("cpuMilliseconds", milliseconds_of(process.cpu_ticks))
      .text("startedAt", http::timestamp(time_after_boot(process.start_time)))
      .number("descriptors", launcher::count_descriptors(process.pid));
  if (const auto directory = launcher::read_proc_link(process.pid, "cwd"); !directory.empty())
    json.text("directory", directory);
  if (const auto group = group_of(process.pid); !group.empty())
    json.text("cgroup", group);
  return json.finish();
}

/// An actor's processes may be thousands.
constexpr std::size_t most_processes = 100;

} // namespace

std::string process_documents(pid_t process) {
  const auto first = process > 0 ? launcher::read_process(process) : std::nullopt;
  if (!first)
    return "[]";
  auto text = "[" + document(*first);
  for (const auto& one : launcher::look_below(process, most_processes - 1))
    text += "," + document(one);
  return text + "]";
}

own_figures read_own_figures() {
  own_figures own;
  const auto process = launcher::read_process(::getpid());
  if (!process)
    return own;
  own.rss_bytes = bytes_of(process->rss_pages);
  own.cpu_milliseconds = milliseconds_of(process->cpu_ticks);
  own.descriptors = launcher::count_descriptors(process->pid);
  std::array<char, 4096> buffer{};
  const auto threads = status_value(read_proc_file(process->pid, "status", buffer), "\nThreads:\t");
  std::from_chars(threads.data(), threads.data() + threads.size(), own.threads);
  return own;
}

} // namespace sandboxd::inspector
