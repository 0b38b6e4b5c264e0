#include "bench/code_conversations.hpp"

#include <nlohmann/json.hpp>

#include <thread>
#include <utility>

namespace sandboxd::bench {

namespace {

constexpr std::chrono::milliseconds pause_between_looks{5};

double seconds_of(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// How many executors of the language wait for contexts.
std::size_t idle_executors(const answer& whole, std::string_view language) {
  const auto health = nlohmann::json::parse(whole.body, nullptr, false);
  const auto path = nlohmann::json::json_pointer("/languages/" + std::string(language) + "/idle");
  return health.is_object() ? health.value(path, std::size_t{0}) : 0;
}

} // namespace

context_maker::context_maker(tally& results, context_series series)
    : results_(results), series_(std::move(series)) {}

std::optional<std::string> context_maker::next() {
  switch (step_) {
  case step::run:
    return run_request(context_, series_.first);
  case step::deletion:
    return delete_context_request(context_);
  case step::look_at_pool:
    return http_request("GET", "/api/interpreter/health");
  case step::creation:
    break;
  }
  if (!results_.goes_on() || (series_.most > 0 && made_ == series_.untimed + series_.most))
    return std::nullopt;
  return new_context_request(series_.first.language);
}

void context_maker::finished(const answer& whole) {
  switch (step_) {
  case step::creation:
    return created(whole);
  case step::run:
    return ran(whole);
  case step::deletion:
    step_ = step::look_at_pool;
    break;
  case step::look_at_pool:
    saw_pool(whole);
    break;
  }
  results_.untimed_seconds += seconds_of(whole.elapsed);
}

void context_maker::created(const answer& whole) {
  const auto context = created_context(whole);
  if (!context)
    return fail("context not created: " + whole.error + excerpt(whole.body));
  ++made_;
  context_ = *context;
  creation_ = whole.elapsed;
  step_ = step::run;
}

void context_maker::ran(const answer& whole) {
  if (const auto failure = series_.first.verdict(whole); !failure.empty())
    return fail(failure);
  step_ = series_.pool > 0 ? step::deletion : step::creation;
  const auto ready = creation_ + whole.elapsed;
  if (is_timed()) {
    results_.record(creation_, "");
    results_.ready.add(ready);
    results_.untimed_seconds += seconds_of(whole.elapsed);
  } else {
    results_.untimed_seconds += seconds_of(ready);
  }
}

void context_maker::saw_pool(const answer& whole) {
  if (idle_executors(whole, series_.first.language) >= series_.pool) {
    step_ = step::creation;
    return;
  }
  std::this_thread::sleep_for(pause_between_looks);
  results_.untimed_seconds += seconds_of(pause_between_looks);
}

void context_maker::fail(const std::string& failure) {
  results_.record({}, failure);
  step_ = step::creation;
}

volley_member::volley_member(tally& results, std::shared_ptr<volley> all, std::string_view language)
    : results_(results), all_(std::move(all)), request_(new_context_request(language)) {}

std::optional<std::string> volley_member::next() {
  asked_ = !asked_; // once in each slice
  if (!asked_)
    return std::nullopt;
  if (context_)
    return delete_context_request(*context_);
  if (all_->open++ == 0)
    all_->began = std::chrono::steady_clock::now();
  return request_;
}

void volley_member::finished(const answer& whole) {
  if (std::exchange(context_, std::nullopt))
    return;
  context_ = created_context(whole);
  results_.record(whole.elapsed, context_ ? "" : "context not created: " + whole.error + excerpt(whole.body));
  if (--all_->open == 0)
    results_.together.add(std::chrono::steady_clock::now() - all_->began);
}

printed_lines::printed_lines(tally& results, std::string request, std::size_t lines)
    : results_(results), request_(std::move(request)), expected_(lines), lines_(results) {}

std::optional<std::string> printed_lines::next() {
  if (!results_.goes_on())
    return std::nullopt;
  lines_.start(clock_lines::steady::now());
  seen_ = 0;
  failure_.clear();
  return request_;
}

bool printed_lines::go_on(const answer& part) {
  take(part.body);
  return true;
}

void printed_lines::finished(const answer& whole) {
  take(whole.body);
  if (failure_.empty() && lines_.count() != expected_)
    failure_ = "not all lines: " + whole.error + excerpt(whole.body);
  if (!failure_.empty())
    results_.record({}, failure_);
}

void printed_lines::take(std::string_view body) {
  const auto now = clock_lines::steady::now();
  const auto arrived = body.substr(seen_, body.rfind('\n') + 1 - seen_);
  const auto events = received_code_events(arrived);
  if (!events)
    failure_ = "not an event: " + excerpt(arrived);
  seen_ += arrived.size();
  for (const auto& event : events.value_or(std::vector<nlohmann::json>()))
    if (failure_.empty() && event.value("type", "") == "stdout")
      failure_ = lines_.take(event.value("text", ""), now);
}

} // namespace sandboxd::bench
