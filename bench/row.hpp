#pragma once

#include "bench/lane.hpp"

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace sandboxd::bench {

using lanes = std::vector<std::unique_ptr<lane>>;

/// One row: what is measured side by side.
struct row {
  std::string_view name;
  std::function<lanes(const std::vector<target>&, const row_plan&)> set_up;
};

/// A row of one lane for each target; `converse` sets it up.
row on_all(std::string_view name, std::function<void(lane&)> converse);

/// The same for what the reference does not have.
row on_all_but_reference(std::string_view name, std::function<void(lane&)> converse);

/// The rows of each theme, in the order in which they are measured.
std::vector<row> command_rows();
std::vector<row> file_rows();
std::vector<row> process_rows();
std::vector<row> proxy_rows();
std::vector<row> code_rows();

} // namespace sandboxd::bench
