#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace sandboxd::inspector {

/// Writes the text format of Prometheus (version 0.0.4).
class metrics_writer {
public:
  using labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  /// Begins a metric: `type` is "counter", "gauge" or "histogram". Its samples follow.
  metrics_writer& begin(std::string_view name, std::string_view type, std::string_view help);

  /// A sample of the metric that was begun last.
  metrics_writer& sample(labels of, double value);
  metrics_writer& sample(double value) { return sample({}, value); }

  /// The samples of a histogram: `counts[i]` are the values above the bound before and at or below
  /// `bounds[i]`, the last of `counts` has no bound. `sum`: of all values.
  metrics_writer& histogram(labels of, std::span<const double> bounds, std::span<const std::uint64_t> counts,
                            double sum);

  [[nodiscard]] std::string take() { return std::move(text_); }

private:
  void line(std::string_view suffix, labels of, std::string_view bound, double value);

  std::string text_;
  std::string_view name_;
};

} // namespace sandboxd::inspector
