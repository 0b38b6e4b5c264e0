#include "inspector/sandboxctl/tree.hpp"

#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/strokes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace sandboxd::sandboxctl {

namespace {

struct node {
  const actor* self = nullptr;
  std::vector<node*> children;
  bool is_remarkable = false; ///< it or one below
};

std::string_view parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return path.substr(0, slash == std::string_view::npos ? 0 : slash);
}

std::string_view name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

bool is_number(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
}

/// Numbers by their value, behind them other names.
bool comes_before(const node* left, const node* right) {
  const auto one = name_of(left->self->path);
  const auto other = name_of(right->self->path);
  if (is_number(one) && is_number(other) && one.size() != other.size())
    return one.size() < other.size();
  return one < other;
}

/// Nodes that know their children, in order.
class forest {
public:
  explicit forest(const std::vector<actor>& actors) {
    std::unordered_map<std::string_view, node*> by_path;
    for (const auto& one : actors)
      by_path[one.path] = &nodes_.emplace_back(node{&one, {}, false});
    for (auto& one : nodes_) {
      const auto parent = by_path.find(parent_of(one.self->path));
      (parent == by_path.end() ? roots_ : parent->second->children).push_back(&one);
    }
    std::ranges::sort(roots_, comes_before);
    for (auto* const root : roots_)
      settle(*root);
  }

  [[nodiscard]] const std::vector<node*>& roots() const { return roots_; }

private:
  static void settle(node& one) {
    std::ranges::sort(one.children, comes_before);
    one.is_remarkable = !remarks_on(*one.self).empty();
    for (auto* const child : one.children) {
      settle(*child);
      one.is_remarkable |= child->is_remarkable;
    }
  }

  std::deque<node> nodes_;
  std::vector<node*> roots_;
};

std::string id_of(const actor& one) {
  for (const auto& [name, value] : one.details)
    if (name == "id")
      return value;
  return {};
}

void describe(styled_line& line, const node& what, std::string_view name) {
  const auto& one = *what.self;
  line.add(name, tone::strong);
  if (const auto id = id_of(one); !id.empty() && id != name)
    line.add(" ").add(id, tone::accent);
  if (one.kind != name)
    line.add("  " + one.kind, tone::faint);
  if (one.supervisor && !one.supervisor->strategy.empty())
    line.add("  " + one.supervisor->strategy, tone::faint);
  if (one.supervisor && one.supervisor->strategy == "dynamic" && !what.children.empty())
    line.add(fmt::format(" ({})", count_text(what.children.size())), tone::faint);
  if (!one.status.empty())
    line.add("  " + one.status);
  for (const auto& [text, how] : remarks_on(one))
    line.add("  ").add("[" + text + "]", how);
}

class drawing {
public:
  explicit drawing(const tree_style& style) : style_(style), strokes_(strokes_for(style.is_utf8)) {}

  void draw(const node& root) {
    styled_line line;
    describe(line, root, root.self->path);
    lines_.push_back(std::move(line));
    draw_children(root, "");
  }

  std::vector<styled_line> finish() { return std::move(lines_); }

private:
  void draw_children(const node& parent, const std::string& indent) {
    const auto shown = shown_of(parent);
    const auto left_out = parent.children.size() - shown.size();
    for (std::size_t i = 0; i < shown.size(); ++i) {
      const bool is_last = i + 1 == shown.size() && left_out == 0;
      styled_line line(indent + std::string(is_last ? strokes_.last_child : strokes_.child), tone::faint);
      describe(line, *shown[i], name_of(shown[i]->self->path));
      lines_.push_back(std::move(line));
      draw_children(*shown[i], indent + std::string(is_last ? strokes_.space : strokes_.line));
    }
    if (left_out > 0)
      lines_.emplace_back(
          fmt::format("{}{}... and {} more", indent, strokes_.last_child, count_text(left_out)), tone::faint);
  }

  /// The first ones, preferring those with remarks, in their order.
  [[nodiscard]] std::vector<node*> shown_of(const node& parent) const {
    auto shown = parent.children;
    const bool is_dynamic = parent.self->supervisor && parent.self->supervisor->strategy == "dynamic";
    // A line that says that one is left out is as long as the one.
    if (!is_dynamic || style_.most_children == 0 || shown.size() <= style_.most_children + 1)
      return shown;
    std::stable_partition(shown.begin(), shown.end(), [](const node* one) { return one->is_remarkable; });
    shown.resize(style_.most_children);
    std::ranges::sort(shown, comes_before);
    return shown;
  }

  tree_style style_;
  strokes strokes_;
  std::vector<styled_line> lines_;
};

} // namespace

std::vector<styled_line> draw_tree(const std::vector<actor>& actors, const tree_style& style) {
  const forest all(actors);
  drawing picture(style);
  for (const auto* const root : all.roots())
    picture.draw(*root);
  return picture.finish();
}

} // namespace sandboxd::sandboxctl
