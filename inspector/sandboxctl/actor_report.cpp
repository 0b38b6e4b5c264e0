#include "inspector/sandboxctl/actor_report.hpp"

#include "inspector/sandboxctl/actor.hpp"
#include "inspector/sandboxctl/event_line.hpp"
#include "inspector/sandboxctl/histogram.hpp"
#include "inspector/sandboxctl/table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace sandboxd::sandboxctl {

namespace {

constexpr std::size_t name_width = 14;
constexpr std::size_t bar_width = 40;

std::string micros(std::uint64_t count) {
  return time_text(std::chrono::microseconds(count));
}

class report {
public:
  report(utc_time now, bool is_utf8) : now_(now), is_utf8_(is_utf8) {}

  void tell_actor(const actor& one, const json& document) {
    lines_.emplace_back(one.path, tone::strong);
    fact("kind", one.kind);
    fact("phase", one.phase, one.phase == "running" ? tone::good : tone::warning);
    fact("status", one.status);
    for (const auto& [name, value] : one.details)
      fact(name, since_text(value, now_));
    fact("last error", one.last_error, tone::bad);
    fact("started", since_text(one.started_at, now_));
    fact("restarts", count_text(one.restarts), one.restarts > 0 ? tone::warning : tone::plain);
    fact("restart due", one.restart_due.empty() ? "" : clock_text(one.restart_due) + " UTC", tone::warning);
    fact("process", one.pid > 0 ? std::to_string(one.pid) : "");
    fact("actor number", std::to_string(count_of(document, "actorId")));
  }

  void tell_supervisor(const supervision_figures& figures) {
    title("Supervisor");
    fact("strategy", figures.strategy);
    const auto budget = fmt::format("{} of {} used within {} s", figures.used,
                                    count_text(figures.intensity, "restart"), figures.period_seconds);
    fact("budget", budget + (figures.left < 0 ? "; it has given up" : fmt::format(", {} left", figures.left)),
         figures.left <= 0  ? tone::bad
         : figures.used > 0 ? tone::warning
                            : tone::plain);
  }

  void tell_mailbox(const mailbox_figures& box, const json& document) {
    title("Mailbox");
    fact("waiting", fmt::format("{}, at most there were {}", count_text(box.depth, "message"),
                                count_text(box.high_water)));
    fact("oldest", box.depth > 0 ? micros(box.oldest) : "");
    fact("messages",
         fmt::format("{} received, {} handled", count_text(box.received), count_text(box.handled)));
    fact("in handlers",
         fmt::format("{}, the longest {}", micros(box.handling), micros(box.longest_handling)));
    histogram("Times that messages waited", member(document, "waitingHistogram"));
    histogram("Times that handlers took", member(document, "handlingHistogram"));
  }

  void tell_processes(const json& processes) {
    if (!processes.is_array() || processes.empty())
      return;
    title("Processes");
    std::vector<std::vector<cell>> rows;
    for (const auto& one : processes)
      rows.push_back(
          {{std::to_string(count_of(one, "pid")), tone::strong},
           {std::to_string(count_of(one, "parent"))},
           {member(one, "pidInNamespace").is_null() ? "" : std::to_string(count_of(one, "pidInNamespace"))},
           {text_of(one, "state")},
           {bytes_text(count_of(one, "rssBytes"))},
           {micros(count_of(one, "cpuMilliseconds") * 1000)},
           {member(one, "descriptors").is_null() ? "" : count_text(count_of(one, "descriptors"))},
           {text_of(one, "directory")},
           {text_of(one, "command")}});
    add(lay_out({{"PID", side::right},
                 {"PARENT", side::right},
                 {"INSIDE", side::right},
                 {"STATE"},
                 {"MEMORY", side::right},
                 {"CPU", side::right},
                 {"FILES", side::right},
                 {"DIRECTORY"},
                 {"COMMAND"}},
                rows));
  }

  void tell_events(const json& events) {
    title("Events (times are UTC)");
    if (events.empty())
      lines_.emplace_back("  none that the journal still has", tone::faint);
    for (const auto& one : events)
      lines_.push_back(event_line(one));
  }

  std::vector<styled_line> finish() { return std::move(lines_); }

private:
  void title(std::string_view text) {
    lines_.emplace_back();
    lines_.emplace_back(text, tone::strong);
  }

  /// Nothing when there is no value.
  void fact(std::string_view name, const std::string& value, tone how = tone::plain) {
    if (value.empty())
      return;
    styled_line line("  ");
    line.add(name, tone::faint).add(" ").pad_to(2 + name_width);
    lines_.push_back(line.add(value, how));
  }

  void histogram(std::string_view name, const json& elements) {
    std::vector<std::uint64_t> counts;
    for (const auto& one : elements)
      counts.push_back(one.is_number() ? one.get<std::uint64_t>() : 0);
    title(name);
    add(draw_histogram(counts, bar_width, is_utf8_));
  }

  void add(std::vector<styled_line> more) { std::ranges::move(more, std::back_inserter(lines_)); }

  utc_time now_;
  bool is_utf8_;
  std::vector<styled_line> lines_;
};

} // namespace

std::vector<styled_line> actor_report(const json& document, utc_time now, bool is_utf8) {
  const auto one = read_actor(document);
  report made(now, is_utf8);
  made.tell_actor(one, document);
  if (one.supervisor)
    made.tell_supervisor(*one.supervisor);
  made.tell_mailbox(one.mailbox, document);
  made.tell_processes(member(document, "processes"));
  made.tell_events(member(document, "events"));
  return made.finish();
}

} // namespace sandboxd::sandboxctl
