#include "interpreters/transpiler_message.hpp"

#include "interpreters/foreign_json.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace sandboxd::interpreters {

using nlohmann::json;

std::string to_text(const transpile_order& order) {
  return json{{"type", "transpile"}, {"id", order.id}, {"code", order.code}}.dump(
      -1, ' ', false, json::error_handler_t::replace);
}

std::optional<transpiled_code> parse_transpiled(std::string_view text) {
  const auto tree = take_apart(text);
  if (!tree)
    return std::nullopt;
  const auto id = tree_in(tree->members, "id");
  if (!id.is_number_unsigned())
    return std::nullopt;
  transpiled_code made;
  made.id = id.get<std::uint64_t>();
  if (string_in(tree->members, "type") == "transpiled") {
    const auto code = tree->members.find("code");
    const auto map = tree->members.find("map");
    if (code == tree->members.end() || !code->second.text.starts_with('"') || map == tree->members.end())
      return std::nullopt;
    made.code = string_in(tree->members, "code");
    made.source_map = map->second.text;
    return made;
  }
  made.problem = object_in(tree->members, "problem");
  return made.problem.empty() ? std::nullopt : std::optional(std::move(made));
}

} // namespace sandboxd::interpreters
