#include "inspector/sandboxctl/trace_report.hpp"

#include "inspector/sandboxctl/request_table.hpp"
#include "inspector/sandboxctl/strokes.hpp"
#include "inspector/sandboxctl/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace sandboxd::sandboxctl {

namespace {

using std::chrono::microseconds;

constexpr std::size_t fact_width = 14;

/// From which a message has waited long.
constexpr std::uint64_t long_wait = 1'000'000;

std::string duration_text(std::uint64_t count) {
  return time_text(microseconds(count));
}

std::string offset_text(std::int64_t count) {
  // The least number has no opposite.
  return count < 0
             ? "-" + time_text(-microseconds(std::max(count, -std::numeric_limits<std::int64_t>::max())))
             : time_text(microseconds(count));
}

/// The time that a bar is as wide as. Floating, since sums of numbers that others send may overflow.
class time_axis {
public:
  time_axis(const trace& told, utc_time now) {
    const auto age = age_of(told.request, now).value_or(microseconds(0)).count();
    end_ = static_cast<double>(told.request.duration.value_or(static_cast<std::uint64_t>(age)));
    for (const auto& one : told.spans) {
      begin_ = std::min(begin_, static_cast<double>(one.start));
      end_ = std::max(end_, static_cast<double>(one.start) + static_cast<double>(one.duration.value_or(0)));
    }
  }

  /// As wide as the whole, at least one column of it filled.
  [[nodiscard]] std::string bar_of(const traced_span& one, const trace_style& style) const {
    const auto start = static_cast<double>(one.start);
    const auto end = one.duration ? start + static_cast<double>(*one.duration) : end_;
    const auto from = std::min(column_of(start, style.bar_width, false), style.bar_width - 1);
    const auto to = std::clamp(column_of(end, style.bar_width, true), from + 1, style.bar_width);
    std::string bar(from, ' ');
    for (auto i = from; i < to; ++i)
      bar += style.is_utf8 ? "█" : "#";
    return bar + std::string(style.bar_width - to, ' ');
  }

private:
  [[nodiscard]] std::size_t column_of(double time, std::size_t width, bool rounds_up) const {
    if (end_ <= begin_)
      return 0;
    const auto place = (time - begin_) / (end_ - begin_) * static_cast<double>(width);
    return static_cast<std::size_t>(rounds_up ? std::ceil(place) : std::floor(place));
  }

  double begin_ = 0;
  double end_ = 0;
};

struct span_node {
  const traced_span* self = nullptr;
  std::vector<span_node*> children;
};

/// Spans that know their children, in the order in which they began.
class span_forest {
public:
  explicit span_forest(const std::vector<traced_span>& spans) {
    nodes_.reserve(spans.size()); // the pointers stay good
    for (const auto& one : spans)
      by_id_.emplace(one.id, &nodes_.emplace_back(span_node{&one, {}}));
    for (auto& one : nodes_)
      siblings_of(*one.self).push_back(&one);
    sort(roots_);
    for (auto& one : nodes_)
      sort(one.children);
  }

  [[nodiscard]] const std::vector<span_node*>& roots() const { return roots_; }

private:
  std::vector<span_node*>& siblings_of(const traced_span& one) {
    // Numbers rise from parent to child. Whatever else a server tells could be a circle, which has no root.
    const auto parent = one.parent < one.id ? by_id_.find(one.parent) : by_id_.end();
    return parent == by_id_.end() ? roots_ : parent->second->children;
  }

  static void sort(std::vector<span_node*>& nodes) {
    std::ranges::stable_sort(nodes, {}, [](const span_node* one) { return one->self->start; });
  }

  std::vector<span_node> nodes_;
  std::unordered_map<std::uint64_t, span_node*> by_id_;
  std::vector<span_node*> roots_;
};

/// Rows of the table, the names of which make a tree.
class span_table {
public:
  span_table(const trace& told, utc_time now, const trace_style& style)
      : style_(style), strokes_(strokes_for(style.is_utf8)), axis_(told, now) {
    const span_forest all(told.spans);
    for (const auto* const root : all.roots()) {
      add(*root->self, "");
      add_children(*root, "");
    }
  }

  [[nodiscard]] std::vector<styled_line> lines() const {
    return lay_out({{"START", side::right},
                    {"DURATION", side::right},
                    {"WHEN"},
                    {"SPAN"},
                    {"ACTOR"},
                    {"PID", side::right},
                    {"WAITED", side::right},
                    {"TEXT"}},
                   rows_);
  }

private:
  void add_children(const span_node& parent, const std::string& indent) {
    for (const auto* const child : parent.children) {
      const bool is_last = child == parent.children.back();
      add(*child->self, indent + std::string(is_last ? strokes_.last_child : strokes_.child));
      add_children(*child, indent + std::string(is_last ? strokes_.space : strokes_.line));
    }
  }

  void add(const traced_span& one, const std::string& before_name) {
    rows_.push_back({{offset_text(one.start), tone::faint},
                     {one.duration ? duration_text(*one.duration) : "under way",
                      one.duration ? tone::plain : tone::accent},
                     {axis_.bar_of(one, style_), tone::accent},
                     {before_name + one.name, tone::strong},
                     {one.path},
                     {one.pid > 0 ? std::to_string(one.pid) : ""},
                     {one.waited ? duration_text(*one.waited) : "",
                      one.waited >= long_wait ? tone::warning : tone::plain},
                     {one.text}});
  }

  trace_style style_;
  strokes strokes_;
  time_axis axis_;
  std::vector<std::vector<cell>> rows_;
};

class whole_report {
public:
  void tell_request(const traced_request& request, utc_time now) {
    lines_.emplace_back(request.method + " " + request.path, tone::strong);
    fact("request id", {request.request_id});
    fact("trace id", {request.trace_id});
    fact("span id", {request.span_id});
    fact("client", {request.client});
    fact("started", {since_text(request.started_at, now)});
    const auto age = age_of(request, now);
    if (request.duration)
      fact("duration", {duration_text(*request.duration)});
    else
      fact("duration", {age ? "under way for " + time_text(*age) : "under way", tone::accent});
    if (request.duration)
      fact("status",
           request.status == 0 ? cell{"none, it ended before an answer", tone::warning} : status_of(request));
    fact("outcome",
         request.outcome == "complete" ? cell{request.outcome, tone::good} : remarkable_of(request));
    fact("sent", {request.duration ? bytes_text(request.bytes_out) : ""});
  }

  void tell_spans(const trace& told, utc_time now, const trace_style& style) {
    lines_.emplace_back();
    lines_.emplace_back("Spans", tone::strong);
    if (told.spans.empty())
      lines_.emplace_back(told.request.is_recorded ? "  none"
                                                   : "  none: this request is not traced; the setting "
                                                     "inspector.traces-per-second says how many are",
                          tone::faint);
    else
      std::ranges::move(span_table(told, now, style).lines(), std::back_inserter(lines_));
    if (told.lost_spans > 0)
      lines_.emplace_back(
          fmt::format("... and {} for which there was no room", count_text(told.lost_spans, "span")),
          tone::warning);
  }

  std::vector<styled_line> finish() { return std::move(lines_); }

private:
  /// Nothing when there is no value.
  void fact(std::string_view name, const cell& value) {
    if (value.text.empty())
      return;
    styled_line line("  ");
    line.add(name, tone::faint).add(" ").pad_to(2 + fact_width);
    lines_.push_back(line.add(value.text, value.how));
  }

  std::vector<styled_line> lines_;
};

} // namespace

std::vector<styled_line> trace_report(const trace& told, utc_time now, const trace_style& style) {
  whole_report made;
  made.tell_request(told.request, now);
  made.tell_spans(told, now, style);
  return made.finish();
}

} // namespace sandboxd::sandboxctl
