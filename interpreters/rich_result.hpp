#pragma once

#include "interpreters/foreign_json.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::interpreters {

/// One way to show a value.
struct result_format {
  /// The SDK's word for it: text, html, png, jpeg, svg, pdf, latex, markdown, javascript, json, chart or
  /// data.
  std::string_view name;
  /// JSON, ASCII only: a string, but for json, chart and data.
  std::string value;
};

/// A value as it is shown to a client.
struct rich_result {
  std::vector<result_format> formats; ///< each name at most once, in the order above; never empty
  std::string metadata = "{}";        ///< a JSON object, ASCII only
  std::optional<std::string> display_id;
  bool is_update = false; ///< replaces what was shown with the same display id
  std::size_t credit = 0; ///< bytes it has taken of the run's credit
};

/// The formats of a MIME bundle (MIME type to value), which has at least one:
///  - `text/plain` is shown only where nothing else has a word of its own, or with HTML (HTTP.md 9.3): a
///  client
///    that knows neither `chart` nor `data` has something to show;
///  - what has no word of its own is in `data`, an object of its MIME types;
///  - a chart of ours is `chart`, and one of plotly or of Vega-Lite is parsed into it (`chart_of_plotly`,
///    `chart_of_vega`) unless it has more than `most_values`.
[[nodiscard]] std::vector<result_format> formats_of(json_members bundle);

} // namespace sandboxd::interpreters
