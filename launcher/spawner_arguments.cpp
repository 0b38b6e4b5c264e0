#include "launcher/spawner_arguments.hpp"

#include <charconv>
#include <cstdint>
#include <string_view>

namespace sandboxd::launcher {

namespace {

constexpr std::string_view confine_word = "confine";
constexpr std::string_view mounts_word = "mounts";
constexpr std::string_view strict_word = "strict";
constexpr std::string_view sockets_word = "sockets";
constexpr std::string_view network_word = "network";
constexpr std::string_view hierarchy_word = "hierarchy=";
constexpr std::string_view memory_word = "memory=";
constexpr std::string_view processes_word = "processes=";
constexpr std::string_view cpu_word = "cpu-percent=";
constexpr std::string_view hosts_word = "hosts=";
constexpr std::string_view writable_word = "writable=";
constexpr std::string_view control_files_word = "control-files=";
constexpr std::string_view private_tmp_word = "private-tmp=";

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items)
    text.append(text.empty() ? "" : ",").append(item);
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    text.remove_prefix(item.size() == text.size() ? item.size() : item.size() + 1);
    items.emplace_back(item);
  }
  return items;
}

/// Whether the word begins so; it is left with the rest.
bool take(std::string_view& word, std::string_view beginning) {
  if (!word.starts_with(beginning))
    return false;
  word.remove_prefix(beginning.size());
  return true;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

} // namespace

std::vector<std::string> encode(const spawner_arguments& how) {
  std::vector<std::string> words;
  const auto add = [&words](std::string_view word, const std::string& value) {
    words.emplace_back(word).append(value);
  };
  if (how.confines)
    add(confine_word, "");
  if (how.allows_mounts)
    add(mounts_word, "");
  if (how.is_strict)
    add(strict_word, "");
  if (how.limits_sockets)
    add(sockets_word, "");
  if (how.has_network)
    add(network_word, "");
  for (const auto& controllers : how.hierarchies)
    add(hierarchy_word, joined(controllers));
  add(memory_word, std::to_string(how.limits.memory_bytes));
  add(processes_word, std::to_string(how.limits.processes));
  add(cpu_word, std::to_string(how.limits.cpu_percent));
  if (!how.hosts_file.empty())
    add(hosts_word, how.hosts_file);
  for (const auto& path : how.writable)
    add(writable_word, path);
  add(control_files_word, how.control_files);
  add(private_tmp_word, std::to_string(how.private_tmp_bytes));
  return words;
}

spawner_arguments decode_spawner_arguments(std::span<const char* const> words) {
  spawner_arguments how;
  for (std::string_view word : words) {
    how.confines |= word == confine_word;
    how.allows_mounts |= word == mounts_word;
    how.is_strict |= word == strict_word;
    how.limits_sockets |= word == sockets_word;
    how.has_network |= word == network_word;
    if (take(word, hierarchy_word))
      how.hierarchies.push_back(split(word));
    else if (take(word, memory_word))
      how.limits.memory_bytes = number(word);
    else if (take(word, processes_word))
      how.limits.processes = number(word);
    else if (take(word, cpu_word))
      how.limits.cpu_percent = number(word);
    else if (take(word, hosts_word))
      how.hosts_file = word;
    else if (take(word, writable_word))
      how.writable.emplace_back(word);
    else if (take(word, control_files_word))
      how.control_files = word;
    else if (take(word, private_tmp_word))
      how.private_tmp_bytes = number(word);
  }
  return how;
}

} // namespace sandboxd::launcher
