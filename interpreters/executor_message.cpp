#include "interpreters/executor_message.hpp"

#include "interpreters/foreign_json.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sandboxd::interpreters {

namespace {

using nlohmann::json;

std::string dump(const json& tree) {
  return tree.dump(-1, ' ', false, json::error_handler_t::replace);
}

json to_json(const std::vector<environment_change>& changes) {
  json object = json::object();
  for (const auto& [name, value] : changes)
    object[name] = value ? json(*value) : json();
  return object;
}

/// `members` and one more, whose value is JSON already: it may be large, so it is not parsed.
std::string with_raw(const json& members, std::string_view name, std::string_view value) {
  std::string text = dump(members);
  text.pop_back();
  text.append(",\"").append(name).append("\":").append(value).append("}");
  return text;
}

std::optional<executor_event> parse_result(foreign_object tree) {
  if (tree.opened.empty())
    return std::nullopt;
  executor_result event;
  event.shown.formats = formats_of(std::move(tree.opened));
  if (auto metadata = object_in(tree.members, "metadata"); !metadata.empty())
    event.shown.metadata = std::move(metadata);
  if (auto id = string_in(tree.members, "display_id"); !id.empty())
    event.shown.display_id = std::move(id);
  const auto kind = string_in(tree.members, "kind");
  event.shown.is_update = kind == "update";
  event.waits = kind != "value";
  return event;
}

executor_outcome::exception parse_exception(const json_members& members) {
  executor_outcome::exception told{string_in(members, "ename"), string_in(members, "evalue"), {}, {}};
  if (const auto lines = tree_in(members, "traceback"); lines.is_array())
    for (const auto& line : lines)
      if (line.is_string())
        told.traceback.push_back(line.get<std::string>());
  if (const auto line = tree_in(members, "lineNumber"); line.is_number_integer())
    told.line = line.get<std::int64_t>();
  return told;
}

} // namespace

std::string to_text(const configure_executor& order) {
  return with_raw(json{{"type", "configure"},
                       {"cwd", order.directory},
                       {"fallback_cwd", order.fallback_directory},
                       {"environment", to_json(order.environment)},
                       {"result_limit", order.result_limit}},
                  "variables", order.variables);
}

std::string to_text(const run_cell& order) {
  const json members{{"type", "run"}, {"code", order.code}, {"environment", to_json(order.environment)}};
  if (!order.problem.empty())
    return with_raw(members, "problem", order.problem);
  return order.source_map.empty() ? dump(members) : with_raw(members, "map", order.source_map);
}

std::optional<executor_event> parse_executor_event(std::string_view text) {
  auto tree = take_apart(text, "data");
  if (!tree)
    return std::nullopt;
  const auto& members = tree->members;
  const auto type = string_in(members, "type");
  if (type == "result")
    return parse_result(std::move(*tree));
  if (type == "synchronize")
    return executor_synchronizes{};
  if (type == "ready")
    return executor_ready{string_in(members, "version"), tree_in(members, "repeat_interrupts") == true};
  if (type == "running")
    return executor_running{};
  if (type != "complete" && type != "error")
    return std::nullopt;
  executor_outcome outcome;
  if (type == "error")
    outcome.error = parse_exception(members);
  if (const auto count = tree_in(members, "execution_count"); count.is_number_unsigned())
    outcome.execution_count = count.get<std::uint64_t>();
  return outcome;
}

} // namespace sandboxd::interpreters
