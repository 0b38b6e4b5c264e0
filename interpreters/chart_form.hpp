#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

/// The parts of a chart's form, shared by those who parse charts.
namespace sandboxd::interpreters::chart_form {

/// `{"label": ..., "scale": ...}`, and `unit` when the label ends in one, after a space: "time (s)", "mass
/// [kg]".
[[nodiscard]] nlohmann::json axis(const std::string& label, const std::string& scale);

/// One view of a chart; its type is that of its most telling series.
[[nodiscard]] nlohmann::json axes(const std::string& title, nlohmann::json x, nlohmann::json y,
                                  nlohmann::json series);

/// The whole of it; its title is that of its first axes unless `title` is given, its type theirs if they
/// agree.
[[nodiscard]] nlohmann::json chart(std::string_view library, const std::string& title,
                                   nlohmann::json all_axes);

/// The most points that a series has, as from the Python executor (MOST_POINTS of chart_series.py), and the
/// most series of a chart.
inline constexpr std::size_t most_points = 5000;

/// Which `most` of `count` things to keep, evenly from the first to the last; all if they are no more.
class sampling {
public:
  explicit sampling(std::size_t count, std::size_t most = most_points);
  [[nodiscard]] std::size_t size() const { return kept_; }
  /// `kept`: less than `size()`. Which of all things it is.
  [[nodiscard]] std::size_t operator[](std::size_t kept) const;

private:
  std::size_t count_;
  std::size_t kept_;
};

/// Gives a series the points that `sampling` keeps of `count`, with the full number in `sampled_from` if
/// these are not all. Only points that are kept are made.
void set_points(nlohmann::json& series, std::size_t count,
                const std::function<nlohmann::json(std::size_t)>& point_at);

/// How many values there are in `value`, itself among them: what it costs to keep.
[[nodiscard]] std::size_t count_values(const nlohmann::json& value);

/// The number if it is one and finite: NaN and infinity come in typed arrays.
[[nodiscard]] std::optional<double> finite_number(const nlohmann::json& value);

/// `object[name]` if that is a string, else "".
[[nodiscard]] std::string text_in(const nlohmann::json& object, std::string_view name);

/// `object[name]`, else null; also of what is no object.
[[nodiscard]] const nlohmann::json& member(const nlohmann::json& object, std::string_view name);

} // namespace sandboxd::interpreters::chart_form
