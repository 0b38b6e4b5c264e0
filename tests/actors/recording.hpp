#pragma once

#include "actors/code_messages.hpp"
#include "actors/messages.hpp"
#include "actors/reply.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::testing {

/// Keeps everything a command's observer is told, in order.
struct recording_observer : actors::command_observer {
  explicit recording_observer(bool wants_live = false) : live(wants_live) {}

  [[nodiscard]] bool wants_live_output() const override { return live; }
  void started(actors::command_control given) override {
    control = std::move(given);
    story.emplace_back("started");
  }
  void output(actors::output_stream stream, std::string bytes) override {
    story.push_back((stream == actors::output_stream::out ? "out " : "err ") + bytes);
  }
  void finished(actors::command_outcome outcome) override {
    story.emplace_back("finished");
    outcomes.push_back(std::move(outcome));
  }
  void failed(actors::failure reason) override {
    story.emplace_back("failed");
    failures.push_back(std::move(reason));
  }

  /// The code of the one failure that is to have come.
  [[nodiscard]] std::optional<actors::error_code> failure_code() const {
    return failures.size() == 1 && outcomes.empty() ? std::optional(failures[0].code) : std::nullopt;
  }

  bool live;
  actors::command_control control;
  std::vector<std::string> story;
  std::vector<actors::command_outcome> outcomes;
  std::vector<actors::failure> failures;
};
using recording_observer_ptr = std::shared_ptr<recording_observer>;

/// Keeps everything the observer of a run of code is told, in order.
struct recording_run : actors::run_observer {
  using clock = std::chrono::steady_clock;

  void started(actors::run_control given, bool state_lost) override {
    control = std::move(given);
    story.emplace_back(state_lost ? "started without state" : "started");
    if (reads && control.grant)
      control.grant(std::size_t{1} << 30);
  }
  void output(actors::output_stream stream, std::string bytes) override {
    told_at.push_back(clock::now());
    story.push_back((stream == actors::output_stream::out ? "out " : "err ") + bytes);
  }
  void shown(actors::rich_result result) override {
    story.push_back("shown " + result.formats.front().value);
    results.push_back(std::move(result));
  }
  void finished(actors::run_outcome told) override {
    story.push_back(told.error ? "finished " + told.error->name : "finished");
    outcomes.push_back(std::move(told));
  }
  void failed(actors::failure reason) override {
    story.emplace_back("failed");
    failures.push_back(std::move(reason));
  }

  /// How often it has ended.
  [[nodiscard]] std::size_t ends() const { return outcomes.size() + failures.size(); }
  /// The code of the one failure that is to have come.
  [[nodiscard]] std::optional<actors::error_code> failure_code() const {
    return failures.size() == 1 && outcomes.empty() ? std::optional(failures[0].code) : std::nullopt;
  }
  /// What the one error says that is to have ended it.
  [[nodiscard]] std::string error_text() const {
    return ends() == 1 && outcomes.size() == 1 && outcomes[0].error ? outcomes[0].error->text : "none";
  }
  [[nodiscard]] bool has(const std::string& event) const {
    return std::ranges::find(story, event) != story.end();
  }

  bool reads = true; ///< grants credit when it begins
  actors::run_control control;
  std::vector<std::string> story;
  std::vector<clock::time_point> told_at; ///< output
  std::vector<actors::rich_result> results;
  std::vector<actors::run_outcome> outcomes;
  std::vector<actors::failure> failures;
};
using recording_run_ptr = std::shared_ptr<recording_run>;

/// Keeps every answer to one request.
template <class T>
struct recorded_answers {
  std::shared_ptr<std::vector<actors::result_of<T>>> all =
      std::make_shared<std::vector<actors::result_of<T>>>();

  /// A way back that records here.
  [[nodiscard]] actors::reply<T> reply() const {
    return actors::reply<T>([all = all](actors::result_of<T> result) { all->push_back(std::move(result)); });
  }
  /// The value of the one answer, or nothing.
  [[nodiscard]] std::optional<T> value() const {
    return all->size() == 1 && std::holds_alternative<T>(all->front())
               ? std::optional(std::get<T>(all->front()))
               : std::nullopt;
  }
  /// The code of the one answer when it is a failure.
  [[nodiscard]] std::optional<actors::error_code> failure_code() const {
    const auto* reason = all->size() == 1 ? std::get_if<actors::failure>(&all->front()) : nullptr;
    return reason != nullptr ? std::optional(reason->code) : std::nullopt;
  }
  [[nodiscard]] bool empty() const { return all->empty(); }
};

} // namespace sandboxd::testing
