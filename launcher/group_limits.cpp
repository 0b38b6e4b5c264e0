#include "launcher/group_limits.hpp"

#include <charconv>

namespace sandboxd::launcher {

namespace {

/// In microseconds, the kernel's own default: within each a group may run for its share.
constexpr std::uint64_t cpu_period = 100'000;

std::uint64_t cpu_quota(std::uint64_t percent) {
  return percent * cpu_period / 100;
}

/// In version 1 the default is 1024.
std::uint64_t cpu_shares(std::uint64_t weight) {
  return weight * 1024 / 100;
}

std::vector<group_file> files_of_version_1(const group_limits& limits) {
  std::vector<group_file> files;
  if (limits.memory_bytes > 0) {
    const auto bytes = std::to_string(limits.memory_bytes);
    files.push_back({"memory", "memory.limit_in_bytes", bytes});
    files.push_back({"memory", "memory.memsw.limit_in_bytes", bytes, true}); // never below the other
  }
  if (limits.processes > 0)
    files.push_back({"pids", "pids.max", std::to_string(limits.processes)});
  if (limits.cpu_percent > 0) {
    files.push_back({"cpu", "cpu.cfs_period_us", std::to_string(cpu_period)});
    files.push_back({"cpu", "cpu.cfs_quota_us", std::to_string(cpu_quota(limits.cpu_percent))});
  }
  if (limits.cpu_weight > 0)
    files.push_back({"cpu", "cpu.shares", std::to_string(cpu_shares(limits.cpu_weight))});
  return files;
}

std::vector<group_file> files_of_version_2(const group_limits& limits) {
  std::vector<group_file> files;
  if (limits.memory_bytes > 0) {
    files.push_back({"memory", "memory.max", std::to_string(limits.memory_bytes)});
    files.push_back({"memory", "memory.swap.max", "0", true});
  }
  if (limits.processes > 0)
    files.push_back({"pids", "pids.max", std::to_string(limits.processes)});
  if (limits.cpu_percent > 0)
    files.push_back(
        {"cpu", "cpu.max", std::to_string(cpu_quota(limits.cpu_percent)) + ' ' + std::to_string(cpu_period)});
  if (limits.cpu_weight > 0)
    files.push_back({"cpu", "cpu.weight", std::to_string(limits.cpu_weight)});
  return files;
}

} // namespace

std::vector<group_file> files_of(const group_limits& limits, bool is_version_2) {
  return is_version_2 ? files_of_version_2(limits) : files_of_version_1(limits);
}

std::uint64_t out_of_memory_kills(std::string_view text) {
  constexpr std::string_view word = "oom_kill ";
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
    if (!line.starts_with(word))
      continue;
    std::uint64_t count = 0;
    std::from_chars(line.data() + word.size(), line.data() + line.size(), count);
    return count;
  }
  return 0;
}

std::string_view memory_events_file(bool is_version_2) {
  return is_version_2 ? "memory.events" : "memory.oom_control";
}

} // namespace sandboxd::launcher
