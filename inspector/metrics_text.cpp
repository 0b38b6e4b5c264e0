#include "inspector/metrics_text.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>

namespace sandboxd::inspector {

namespace {

std::string escaped(std::string_view value) {
  std::string text;
  for (const char letter : value) {
    if (letter == '\\' || letter == '"')
      text += '\\';
    text += letter == '\n' ? ' ' : letter;
  }
  return text;
}

} // namespace

metrics_writer& metrics_writer::begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  return *this;
}

metrics_writer& metrics_writer::sample(labels of, double value) {
  line("", of, "", value);
  return *this;
}

metrics_writer& metrics_writer::histogram(labels of, std::span<const double> bounds,
                                          std::span<const std::uint64_t> counts, double sum) {
  std::uint64_t below = 0;
  for (std::size_t place = 0; place < counts.size(); ++place) {
    below += counts[place];
    line("_bucket", of, place < bounds.size() ? fmt::format("{}", bounds[place]) : "+Inf",
         static_cast<double>(below));
  }
  line("_sum", of, "", sum);
  line("_count", of, "", static_cast<double>(below));
  return *this;
}

void metrics_writer::line(std::string_view suffix, labels of, std::string_view bound, double value) {
  text_ += name_;
  text_ += suffix;
  std::string inside;
  for (const auto& [name, text] : of)
    inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", name, escaped(text));
  if (!bound.empty())
    inside += fmt::format("{}le=\"{}\"", inside.empty() ? "" : ",", bound);
  fmt::format_to(std::back_inserter(text_), "{} {}\n", inside.empty() ? "" : "{" + inside + "}", value);
}

} // namespace sandboxd::inspector
