#include "bench/process_count.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace sandboxd::bench {

namespace {

using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto pause_between_looks = 1ms;
constexpr auto quiet = 50ms;
constexpr auto longest_unrest = 10s;

/// 0 for a process that has gone.
pid_t parent_of(const std::filesystem::path& process) {
  std::string text;
  std::getline(std::ifstream(process / "stat"), text, '\0');
  const auto name_end = text.rfind(')');
  return name_end == std::string::npos || name_end + 4 > text.size() ? 0 : std::atoi(&text[name_end + 4]);
}

std::size_t processes_below(pid_t root) {
  std::map<pid_t, std::vector<pid_t>> children;
  std::error_code ignored; // a directory that goes while it is read ends the reading
  for (std::filesystem::directory_iterator at("/proc", ignored), end; at != end; at.increment(ignored))
    if (const pid_t pid = std::atoi(at->path().filename().c_str()); pid > 0)
      children[parent_of(at->path())].push_back(pid);
  std::vector<pid_t> found{root};
  for (std::size_t index = 0; index < found.size(); ++index)
    if (const auto below = children.find(found[index]); below != children.end())
      found.insert(found.end(), below->second.begin(), below->second.end());
  return found.size() - 1;
}

} // namespace

process_count::process_count(pid_t server) : server_(server) {
  if (server_ == 0)
    return;
  const auto end = steady::now() + longest_unrest;
  at_rest_ = processes_below(server_);
  for (auto since = steady::now(); steady::now() < std::min(since + quiet, end);) {
    std::this_thread::sleep_for(pause_between_looks);
    if (const auto now = processes_below(server_); now != std::exchange(at_rest_, now))
      since = steady::now();
  }
}

bool process_count::wait_for_rest() {
  const auto end = steady::now() + longest_unrest;
  while (server_ != 0 && processes_below(server_) > at_rest_) {
    if (steady::now() > end)
      return false;
    std::this_thread::sleep_for(pause_between_looks);
  }
  return true;
}

} // namespace sandboxd::bench
