#include "git/clone_exchange.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sandboxd::git {

namespace {

using json = nlohmann::json;

/// ASCII only, and whatever the bytes are: names of branches need not be UTF-8.
std::string dump(const json& tree) {
  return tree.dump(-1, ' ', true, json::error_handler_t::replace);
}

/// A JSON object, or null for everything else.
json parse_object(std::string_view text) {
  constexpr int deepest = 3;
  const auto limit = [](int depth, json::parse_event_t, const json&) { return depth <= deepest; };
  auto tree = json::parse(text, limit, false);
  return tree.is_object() ? tree : json();
}

std::string text_in(const json& tree, const char* name) {
  const auto member = tree.find(name);
  return member != tree.end() && member->is_string() ? member->get<std::string>() : std::string();
}

std::int64_t number_in(const json& tree, const char* name) {
  const auto member = tree.find(name);
  return member != tree.end() && member->is_number_integer() ? member->get<std::int64_t>() : 0;
}

} // namespace

std::string to_text(const clone_order& order) {
  json tree{{"url", order.url},
            {"directory", order.directory},
            {"branch", order.branch},
            {"schemes", order.schemes}};
  if (order.depth)
    tree["depth"] = *order.depth;
  return dump(tree);
}

std::optional<clone_order> parse_order(std::string_view text) {
  const auto tree = parse_object(text);
  if (tree.is_null())
    return std::nullopt;
  clone_order order{text_in(tree, "url"), text_in(tree, "directory"), text_in(tree, "branch"), {}, {}};
  if (tree.contains("depth"))
    order.depth = number_in(tree, "depth");
  if (const auto schemes = tree.find("schemes"); schemes != tree.end() && schemes->is_array())
    for (const auto& one : *schemes)
      if (one.is_string())
        order.schemes.push_back(one.get<std::string>());
  return order.url.empty() || order.directory.empty() ? std::nullopt : std::optional(std::move(order));
}

std::string to_line(const worker_message& message) {
  json tree;
  if (const auto* progress = std::get_if<clone_progress>(&message)) {
    tree["progress"] = {{"phase", progress->phase},
                        {"done", progress->done},
                        {"total", progress->total},
                        {"bytes", progress->bytes}};
  } else {
    const auto& result = std::get<clone_result>(message);
    tree["result"] = {{"exitCode", result.exit_code},
                      {"stderr", result.standard_error.substr(0, longest_standard_error)},
                      {"branch", result.branch},
                      {"cause", result.cause},
                      {"notice", result.notice}};
  }
  return dump(tree) + "\n";
}

std::optional<worker_message> parse_line(std::string_view line) {
  const auto tree = parse_object(line);
  if (tree.is_null())
    return std::nullopt;
  if (const auto progress = tree.find("progress"); progress != tree.end() && progress->is_object())
    return clone_progress{text_in(*progress, "phase"), number_in(*progress, "done"),
                          number_in(*progress, "total"), number_in(*progress, "bytes")};
  if (const auto result = tree.find("result"); result != tree.end() && result->is_object())
    return clone_result{static_cast<int>(number_in(*result, "exitCode")), text_in(*result, "stderr"),
                        text_in(*result, "branch"), text_in(*result, "cause"), text_in(*result, "notice")};
  return std::nullopt;
}

std::vector<std::string> line_splitter::feed(std::string_view bytes) {
  std::vector<std::string> lines;
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const auto piece = bytes.substr(0, end);
    too_long_ = too_long_ || begun_.size() + piece.size() > longest_line;
    if (too_long_)
      begun_.clear();
    else
      begun_ += piece;
    if (end == std::string_view::npos)
      break;
    if (!std::exchange(too_long_, false))
      lines.push_back(std::exchange(begun_, {}));
    bytes.remove_prefix(end + 1);
  }
  return lines;
}

} // namespace sandboxd::git
