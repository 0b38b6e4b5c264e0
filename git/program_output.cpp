#include "git/program_output.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace sandboxd::git {

namespace {

struct phase_name {
  std::string_view in_git;
  std::string_view in_progress;
};

constexpr std::array phases{phase_name{"Receiving objects", "receiving"},
                            phase_name{"Resolving deltas", "resolving"},
                            phase_name{"Updating files", "checkout"}};

constexpr std::array sizes{
    std::pair{std::string_view(" bytes"), 1.0}, std::pair{std::string_view(" KiB"), 1024.0},
    std::pair{std::string_view(" MiB"), 1048576.0}, std::pair{std::string_view(" GiB"), 1073741824.0}};

template <class Number>
bool take_number(std::string_view& text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc())
    return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// "), 1.20 MiB | ..." as bytes; 0 when nothing is said.
std::int64_t take_bytes(std::string_view text) {
  constexpr std::string_view before = "), ";
  double amount = 0;
  if (!text.starts_with(before))
    return 0;
  text.remove_prefix(before.size());
  if (!take_number(text, amount))
    return 0;
  for (const auto& [unit, size] : sizes)
    if (text.starts_with(unit))
      return std::llround(amount * size);
  return 0;
}

} // namespace

std::optional<clone_progress> parse_progress(std::string_view line) {
  for (const auto& phase : phases) {
    if (!line.starts_with(phase.in_git))
      continue;
    clone_progress progress;
    progress.phase = phase.in_progress;
    const auto begin = line.find('(');
    if (begin == std::string_view::npos)
      return std::nullopt;
    line.remove_prefix(begin + 1);
    if (!take_number(line, progress.done) || !line.starts_with('/'))
      return std::nullopt;
    line.remove_prefix(1);
    if (!take_number(line, progress.total))
      return std::nullopt;
    progress.bytes = take_bytes(line);
    return progress;
  }
  return std::nullopt;
}

std::vector<clone_progress> program_output::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (c == '\r' || c == '\n')
      end_line(c == '\r');
    else if (line_.size() < longest_standard_error)
      line_ += c;
  }
  return std::exchange(found_, {});
}

/// Git ends what it will overwrite by a carriage return, also what the other side says it counts.
void program_output::end_line(bool is_progress_end) {
  const auto line = std::exchange(line_, {});
  if (auto progress = parse_progress(line)) {
    found_.push_back(std::move(*progress));
    return;
  }
  if (is_progress_end || line.empty() || line.starts_with("remote: Counting objects:") ||
      line.starts_with("remote: Compressing objects:") || line.starts_with("remote: Enumerating objects:") ||
      line.starts_with("remote: Total "))
    return;
  messages_ += line + "\n";
  if (messages_.size() > longest_standard_error)
    messages_ = messages_.substr(messages_.size() - longest_standard_error);
}

std::string program_output::messages() const {
  return line_.empty() ? messages_ : messages_ + line_ + "\n";
}

} // namespace sandboxd::git
