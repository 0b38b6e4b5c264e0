#include "bench/rows.hpp"

#include "bench/row.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace sandboxd::bench {

namespace {

const std::vector<row>& rows() {
  static const auto all = [] {
    std::vector<row> result;
    for (const auto& theme : {command_rows(), file_rows(), process_rows(), proxy_rows(), code_rows()})
      result.insert(result.end(), theme.begin(), theme.end());
    return result;
  }();
  return all;
}

row on(std::string_view name, bool reference_too, std::function<void(lane&)> converse) {
  return {name, [reference_too, converse = std::move(converse)](const std::vector<target>& targets,
                                                                const row_plan& plan) {
            lanes result;
            for (const auto& each : targets)
              if (reference_too || !each.reference) {
                result.push_back(std::make_unique<lane>(each, plan));
                converse(*result.back());
              }
            return result;
          }};
}

} // namespace

row on_all(std::string_view name, std::function<void(lane&)> converse) {
  return on(name, true, std::move(converse));
}

row on_all_but_reference(std::string_view name, std::function<void(lane&)> converse) {
  return on(name, false, std::move(converse));
}

const std::vector<std::string_view>& row_names() {
  static const auto names = [] {
    std::vector<std::string_view> result;
    for (const auto& each : rows())
      result.push_back(each.name);
    return result;
  }();
  return names;
}

nlohmann::json measure_row(std::string_view name, const std::vector<target>& targets, const row_plan& plan) {
  const auto found =
      std::find_if(rows().begin(), rows().end(), [&](const row& each) { return each.name == name; });
  if (found == rows().end())
    throw std::invalid_argument("unknown row: " + std::string(name));
  auto measured = found->set_up(targets, plan);
  for (int slice = 0; slice < plan.slices; ++slice) {
    for (auto& each : measured)
      each->run(plan.duration / plan.slices);
    std::reverse(measured.begin(), measured.end());
  }
  auto result = nlohmann::json::object();
  for (const auto& each : measured)
    result[each->of().name] = each->summary();
  return result;
}

} // namespace sandboxd::bench
