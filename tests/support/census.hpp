#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <vector>

/// What the operating system holds on behalf of this test process, counted from /proc and the file system by
/// code of the tests' own.
namespace sandboxd::testing {

/// The text of a file below /proc; empty when its process has ended meanwhile, even between opening and
/// reading.
inline std::string read_proc_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf(); // reports a failing read in its state instead of by an exception
  return text.str();
}

/// One process below this one.
struct descendant {
  pid_t pid = 0;
  pid_t parent = 0;
  char state = '?';
  std::string command_line; ///< arguments separated by spaces; empty for a zombie
};

/// Everything below this process, zombies included, whatever namespaces it is in.
inline std::vector<descendant> processes_below() {
  std::map<pid_t, descendant> all;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos)
      continue;
    const std::string text = read_proc_file(entry.path() / "stat");
    const auto end_of_name = text.rfind(')');
    if (end_of_name == std::string::npos)
      continue; // it has just ended
    descendant found;
    found.pid = std::stoi(name);
    found.state = text.at(end_of_name + 2);
    found.parent = std::stoi(text.substr(end_of_name + 4));
    found.command_line = read_proc_file(entry.path() / "cmdline");
    for (char& c : found.command_line)
      c = c == '\0' ? ' ' : c;
    all.emplace(found.pid, std::move(found));
  }
  std::vector<descendant> below;
  for (const auto& [pid, process] : all) {
    auto ancestor = all.find(process.parent);
    while (ancestor != all.end() && ancestor->first != ::getpid())
      ancestor = all.find(ancestor->second.parent);
    if (ancestor != all.end())
      below.push_back(process);
  }
  return below;
}

/// One line for each process below this one: pid, parent, state, command line.
inline std::string describe_processes_below() {
  std::ostringstream text;
  for (const auto& process : processes_below()) {
    const auto name = read_proc_file("/proc/" + std::to_string(process.pid) + "/comm");
    text << process.pid << " below " << process.parent << ", " << process.state << ", "
         << (process.command_line.empty() ? name.substr(0, name.find('\n')) : process.command_line) << '\n';
  }
  return text.str();
}

/// The processes below this one whose command line holds `text`.
inline std::vector<descendant> processes_with(std::string_view text) {
  auto found = processes_below();
  std::erase_if(
      found, [&](const descendant& process) { return process.command_line.find(text) == std::string::npos; });
  return found;
}

inline std::size_t count_zombies() {
  std::size_t count = 0;
  for (const auto& process : processes_below())
    count += process.state == 'Z' ? 1 : 0;
  return count;
}

/// Open descriptors of this process (without the one that reads the directory).
inline std::size_t count_descriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(open), end(open))) - 1;
}

/// FIFOs anywhere below `directory`.
inline std::size_t count_fifos(const std::filesystem::path& directory) {
  std::size_t count = 0;
  std::error_code gone; // of a directory that vanishes meanwhile
  for (std::filesystem::recursive_directory_iterator it(directory, gone), end; it != end;
       it.increment(gone)) {
    count += it->is_fifo(gone) ? 1 : 0;
  }
  return count;
}

/// Whether `predicate` becomes true within `deadline`; asks again every five milliseconds.
inline bool eventually(const std::function<bool()>& predicate,
                       std::chrono::milliseconds deadline = std::chrono::seconds(10)) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!predicate()) {
    if (std::chrono::steady_clock::now() > end)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

/// What `count` gives once it has not changed for 100 ms (or after ten seconds): a baseline for later.
inline std::size_t settled(const std::function<std::size_t()>& count) {
  std::size_t last = count();
  auto since = std::chrono::steady_clock::now();
  eventually([&] {
    const auto now = std::chrono::steady_clock::now();
    if (const auto current = count(); current != last) {
      last = current;
      since = now;
    }
    return now - since > std::chrono::milliseconds(100);
  });
  return last;
}

/// The content of a file, empty when there is none.
inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace sandboxd::testing
