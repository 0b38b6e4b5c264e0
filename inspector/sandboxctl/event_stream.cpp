#include "inspector/sandboxctl/event_stream.hpp"

#include <utility>

namespace sandboxd::sandboxctl {

std::vector<std::string> event_stream::take(std::string_view bytes) {
  std::vector<std::string> finished;
  for (const char byte : bytes) {
    const bool is_rest_of_end = byte == '\n' && was_return_;
    was_return_ = byte == '\r';
    if (is_rest_of_end)
      continue;
    if (byte == '\r' || byte == '\n')
      end_line(finished);
    else
      line_ += byte;
  }
  return finished;
}

void event_stream::end_line(std::vector<std::string>& finished) {
  if (!line_.empty())
    take_field(line_);
  else if (std::exchange(has_data_, false))
    finished.push_back(std::exchange(data_, {}));
  line_.clear();
}

void event_stream::take_field(std::string_view line) {
  constexpr std::string_view name = "data";
  if (!line.starts_with(name))
    return;
  auto value = line.substr(name.size());
  if (!value.empty() && value.front() != ':')
    return;
  value.remove_prefix(value.empty() ? 0 : 1);
  if (value.starts_with(' '))
    value.remove_prefix(1);
  if (std::exchange(has_data_, true))
    data_ += '\n';
  data_ += value;
}

} // namespace sandboxd::sandboxctl
