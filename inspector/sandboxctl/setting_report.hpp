#pragma once

#include "inspector/sandboxctl/documents.hpp"
#include "inspector/sandboxctl/styled_line.hpp"

#include <string>
#include <vector>

namespace sandboxd::sandboxctl {

/// A line for each setting.
[[nodiscard]] std::vector<styled_line> setting_table(const json& settings);

/// All about one of them.
[[nodiscard]] std::vector<styled_line> setting_report(const json& setting);

/// The settings of this name, or below it: `http` is all of `http.*`. All of them when the name is empty.
[[nodiscard]] json settings_named(const json& settings, const std::string& name);

} // namespace sandboxd::sandboxctl
