#pragma once

#include <nlohmann/json_fwd.hpp>

namespace sandboxd::interpreters {

/// What a chart shows, in the form in which the Python executor tells it of matplotlib's figures (see
/// `python/sandboxd_executor/charts.py`): an object with `type`, `title`, `library` and `data.axes`, each
/// with `type`, `title`, `x`, `y` and `series`. Null when `figure` is not what it should be.
///
/// `figure`: the value of plotly's MIME type, an object with `data` (traces) and `layout`.
[[nodiscard]] nlohmann::json chart_of_plotly(const nlohmann::json& figure);

/// `specification`: the value of Vega-Lite's MIME type. One view with data in it; of layers the first with a
/// mark that is known.
[[nodiscard]] nlohmann::json chart_of_vega(const nlohmann::json& specification);

} // namespace sandboxd::interpreters
