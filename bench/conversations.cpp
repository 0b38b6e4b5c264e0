#include "bench/conversations.hpp"

#include <utility>

namespace sandboxd::bench {

repetition::repetition(tally& results, std::string request, answer_check verdict)
    : results_(results), request_(std::move(request)), verdict_(std::move(verdict)) {}

std::optional<std::string> repetition::next() {
  return results_.goes_on() ? std::optional(request_) : std::nullopt;
}

void repetition::finished(const answer& whole) {
  results_.record(whole.elapsed, verdict_(whole));
}

bool stream_repetition::go_on(const answer& part) {
  if (!first_output_ && has_output(part.body))
    first_output_ = part.elapsed;
  return true;
}

void stream_repetition::finished(const answer& whole) {
  if (has_output(whole.body))
    results().first_output.add(first_output_.value_or(whole.elapsed));
  first_output_.reset();
  repetition::finished(whole);
}

succession::succession(tally& results, step_maker make_step, pid_t server)
    : results_(results), make_step_(std::move(make_step)), processes_(server) {}

std::optional<std::string> succession::next() {
  if (undoing_)
    return current_.undo;
  if (!results_.goes_on())
    return std::nullopt;
  let_rest();
  current_ = make_step_(++number_);
  return std::move(current_.request);
}

void succession::let_rest() {
  const auto start = std::chrono::steady_clock::now();
  if (!processes_.wait_for_rest())
    results_.record({}, "what was to be ended still runs");
  results_.untimed_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void succession::finished(const answer& whole) {
  if (undoing_) {
    undoing_ = false;
    results_.untimed_seconds += std::chrono::duration<double>(whole.elapsed).count();
    const auto failure = current_.undo_verdict ? current_.undo_verdict(whole) : std::string();
    if (!failure.empty())
      results_.record({}, failure);
    return;
  }
  const auto failure = current_.verdict(whole);
  results_.record(whole.elapsed, failure);
  undoing_ = failure.empty() && !current_.undo.empty();
}

} // namespace sandboxd::bench
