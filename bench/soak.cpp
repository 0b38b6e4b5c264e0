#include "bench/soak.hpp"

#include "bench/client.hpp"
#include "bench/latencies.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <istream>
#include <memory>
#include <ostream>
#include <random>
#include <stdexcept>
#include <string>
#include <unistd.h>
#include <vector>

namespace sandboxd::bench {

namespace {

using nlohmann::json;
using steady = std::chrono::steady_clock;

/// Failures quoted in the report; the rest is only counted.
constexpr std::size_t quoted_failures = 20;

/// What all connections share.
struct soak_state {
  explicit soak_state(const soak_plan& plan) : random(plan.seed) {
    std::vector<unsigned> weights;
    weights.reserve(soak_kinds.size());
    for (const auto kind : soak_kinds)
      weights.push_back(plan.weights.contains(kind) ? plan.weights.at(kind) : 0);
    choice = std::discrete_distribution<std::size_t>(weights.begin(), weights.end());
  }

  struct outcome {
    latencies times;
    std::size_t failures = 0;
  };

  void record(soak_kind kind, std::chrono::nanoseconds elapsed, const std::string& problem) {
    auto& [times, failures_of_kind] = outcomes[kind];
    if (problem.empty()) {
      times.add(elapsed);
      return;
    }
    ++failures;
    ++failures_of_kind;
    if (messages.size() < quoted_failures)
      messages.push_back(std::string(name_of(kind)) + ": " + problem);
  }

  std::mt19937_64 random;
  std::discrete_distribution<std::size_t> choice;
  std::map<soak_kind, outcome> outcomes;
  std::vector<std::string> messages;
  std::size_t failures = 0;
  std::size_t asked = 0; ///< commands sent so far
  std::size_t goal = 0;  ///< commands to send before the next rest
};

/// One connection with its sessions.
class soak_worker : public conversation {
public:
  soak_worker(soak_state& state, std::vector<soak_session> sessions)
      : state_(state), sessions_(std::move(sessions)) {}

  /// Before it rests, each session runs a builtin, so that every session has a live shell in every sample.
  std::optional<std::string> next() override {
    counted_ = state_.asked < state_.goal;
    if (counted_) {
      ++state_.asked;
      visited_ = 0;
      kind_ = soak_kinds.at(state_.choice(state_.random));
      current_ = std::uniform_int_distribution<std::size_t>(0, sessions_.size() - 1)(state_.random);
    } else if (visited_ < sessions_.size()) {
      kind_ = soak_kind::builtin;
      current_ = visited_++;
    } else {
      visited_ = 0;
      return std::nullopt;
    }
    return sessions_[current_].request(kind_);
  }

  bool go_on(const answer& part) override {
    if (kind_ != soak_kind::left_stream || !soak_session::brought_output(part))
      return true;
    state_.record(kind_, part.elapsed, {});
    return false;
  }

  void finished(const answer& whole) override {
    const auto problem = sessions_[current_].check(kind_, whole);
    if (counted_ || !problem.empty())
      state_.record(kind_, whole.elapsed, problem);
  }

private:
  soak_state& state_;
  std::vector<soak_session> sessions_;
  soak_kind kind_ = soak_kind::builtin;
  std::size_t current_ = 0;
  std::size_t visited_ = 0; ///< sessions that have run their last builtin before the rest
  bool counted_ = false;
};

json final_report(const soak_state& state, double seconds, double client_seconds) {
  json kinds = json::object();
  for (const auto& [kind, outcome] : state.outcomes) {
    auto& entry = kinds[std::string(name_of(kind))];
    entry = outcome.times.summary();
    entry["failures"] = outcome.failures;
  }
  return {{"commands", state.asked}, {"failures", state.failures},
          {"seconds", seconds},      {"client_cpu_share", client_seconds / seconds},
          {"kinds", kinds},          {"messages", state.messages}};
}

} // namespace

std::map<soak_kind, unsigned> parse_weights(std::string_view text) {
  std::map<soak_kind, unsigned> weights;
  unsigned long sum = 0;
  while (!text.empty()) {
    const auto part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    const auto equals = part.find('=');
    const auto name = part.substr(0, equals);
    const auto number = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    unsigned weight = 0;
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
    bool known = false;
    for (const auto kind : soak_kinds)
      if (name_of(kind) == name) {
        weights[kind] = weight;
        known = true;
      }
    if (!known || error != std::errc{} || end != number.data() + number.size())
      throw std::invalid_argument("not a part of a mix: " + std::string(part));
    sum += weight;
  }
  if (sum == 0)
    throw std::invalid_argument("the mix is empty");
  return weights;
}

bool run_soak(const soak_plan& plan, std::istream& resume, std::ostream& report) {
  soak_state state(plan);
  std::vector<std::unique_ptr<soak_worker>> workers;
  std::vector<conversation*> talks;
  for (std::size_t worker = 0; worker < plan.connections; ++worker) {
    std::vector<soak_session> sessions;
    for (std::size_t index = 0; index < plan.sessions_per_connection; ++index)
      sessions.emplace_back("soak-" + std::to_string(getpid()) + "-" + std::to_string(worker) + "-" +
                            std::to_string(index));
    workers.push_back(std::make_unique<soak_worker>(state, std::move(sessions)));
    talks.push_back(workers.back().get());
  }
  client driver(plan.server, talks, plan.patience);
  const auto cpu = processor_seconds();
  double seconds = 0;
  for (std::size_t point = 0; point <= plan.points; ++point) {
    state.goal = plan.commands * point / plan.points;
    const auto start = steady::now();
    driver.run();
    seconds += std::chrono::duration<double>(steady::now() - start).count();
    report << json{{"point", point},
                   {"commands", state.asked},
                   {"failures", state.failures},
                   {"seconds", seconds}}
                  .dump()
           << std::endl;
    std::string line;
    if (!std::getline(resume, line))
      throw std::runtime_error("nobody told the soak to go on");
  }
  report << final_report(state, seconds, processor_seconds() - cpu).dump() << std::endl;
  return state.failures == 0;
}

} // namespace sandboxd::bench
