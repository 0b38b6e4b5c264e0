#include "bench/rows.hpp"

#include "bench/checks.hpp"
#include "bench/client.hpp"
#include "bench/latencies.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <unistd.h>

namespace sandboxd::bench {

namespace {

using nlohmann::json;
using steady = std::chrono::steady_clock;

/// What the conversations with one target have measured so far in one row, and until when they go on.
struct tally {
  latencies whole;
  latencies first_output;
  std::size_t failures = 0;
  std::string first_failure;
  steady::time_point deadline;
  double wall_seconds = 0;
  double client_seconds = 0;

  /// False when the slice is over, or nothing has succeeded and measuring on would only wait for more
  /// failures.
  bool goes_on() const { return steady::now() < deadline && (failures == 0 || whole.count() > 0); }

  void record(std::chrono::nanoseconds latency, const std::string& failure) {
    if (failure.empty()) {
      whole.add(latency);
      return;
    }
    if (failures++ == 0)
      first_failure = failure;
  }

  json summary() const {
    json result{{"latency", whole.summary()},
                {"failures", failures},
                {"seconds", wall_seconds},
                {"per_second", static_cast<double>(whole.count()) / wall_seconds},
                {"client_cpu_share", client_seconds / wall_seconds}};
    if (!first_failure.empty())
      result["first_failure"] = first_failure;
    if (first_output.count() > 0)
      result["first_output"] = first_output.summary();
    return result;
  }
};

std::string execute_request(std::string_view path, std::string_view session, std::string_view command) {
  return http_request("POST", path, json{{"id", session}, {"command", command}}.dump());
}

std::string create_request(std::string_view session, const std::string& directory) {
  return http_request("POST", "/api/session/create",
                      json{{"id", session}, {"cwd", directory}, {"isolation", true}}.dump());
}

/// Sends the same request again and again.
class repetition : public conversation {
public:
  using check = std::function<std::string(const answer&)>;

  repetition(tally& results, std::string request, check verdict)
      : results_(results), request_(std::move(request)), verdict_(std::move(verdict)) {}

  std::optional<std::string> next() override {
    return results_.goes_on() ? std::optional(request_) : std::nullopt;
  }

  void finished(const answer& whole) override { results_.record(whole.elapsed, verdict_(whole)); }

protected:
  tally& results() { return results_; }

private:
  tally& results_;
  std::string request_;
  check verdict_;
};

/// The same for a stream, whose first output is timed as well.
class stream_repetition : public repetition {
public:
  using repetition::repetition;

  bool go_on(const answer& part) override {
    if (!first_output_ && has_output(part.body))
      first_output_ = part.elapsed;
    return true;
  }

  void finished(const answer& whole) override {
    if (has_output(whole.body))
      results().first_output.add(first_output_.value_or(whole.elapsed));
    first_output_.reset();
    repetition::finished(whole);
  }

private:
  std::optional<std::chrono::nanoseconds> first_output_;
};

/// Creates one session after the other, each ended (untimed) before the next.
class creation : public conversation {
public:
  creation(tally& results, const target& to, std::string directory)
      : results_(results), target_(to), directory_(std::move(directory)) {}

  std::optional<std::string> next() override {
    if (ending_)
      return end_request();
    if (!results_.goes_on())
      return std::nullopt;
    session_ = "bench-create-" + std::to_string(getpid()) + "-" + std::to_string(++number_);
    return create_request(session_, directory_);
  }

  void finished(const answer& whole) override {
    if (ending_) {
      ending_ = false;
      return;
    }
    const auto failure = check_created(whole, session_);
    results_.record(whole.elapsed, failure);
    ending_ = failure.empty();
  }

private:
  std::string end_request() const {
    if (target_.deletes_sessions)
      return http_request("POST", "/api/session/delete", json{{"sessionId", session_}}.dump());
    return execute_request("/api/execute", session_, "exit 0");
  }

  tally& results_;
  const target& target_;
  std::string directory_;
  std::string session_;
  int number_ = 0;
  bool ending_ = false;
};

/// One target in one row: its sessions, conversations and results.
class lane {
public:
  lane(const target& to, const row_plan& plan) : target_(to), plan_(plan) {}

  ~lane() {
    for (const auto& session : sessions_)
      end_session(session);
  }
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  /// Creates a session that is ended with the lane.
  std::string new_session() {
    auto session = "bench-" + std::to_string(getpid()) + "-" + std::to_string(sessions_.size());
    const auto made = ask(target_.server, create_request(session, plan_.directory), plan_.patience);
    if (const auto problem = check_created(as_answer(made), session); !problem.empty())
      throw std::runtime_error(target_.name + ": " + problem);
    sessions_.push_back(session);
    return session;
  }

  /// Runs a command whose result is needed but not measured.
  void prepare(const std::string& session, const std::string& command) {
    const auto done = ask(target_.server, execute_request("/api/execute", session, command), plan_.patience);
    if (const auto problem = check_executed(as_answer(done), expected_output("")); !problem.empty())
      throw std::runtime_error(target_.name + ": " + problem);
  }

  template <class Conversation, class... Arguments>
  void converse(Arguments&&... arguments) {
    talks_.push_back(std::make_unique<Conversation>(results_, std::forward<Arguments>(arguments)...));
  }

  /// Measures one slice.
  void run(std::chrono::nanoseconds duration) {
    if (!client_)
      connect();
    const auto cpu = processor_seconds();
    const auto start = steady::now();
    results_.deadline = start + duration;
    client_->run();
    results_.wall_seconds += std::chrono::duration<double>(steady::now() - start).count();
    results_.client_seconds += processor_seconds() - cpu;
  }

  const target& of() const { return target_; }
  const row_plan& plan() const { return plan_; }
  json summary() const { return results_.summary(); }

private:
  static answer as_answer(const reply& from) { return {from.status, from.body, from.elapsed, from.error}; }

  void connect() {
    std::vector<conversation*> talks;
    for (auto& talk : talks_)
      talks.push_back(talk.get());
    client_.emplace(target_.server, talks, plan_.patience);
  }

  void end_session(const std::string& session) const noexcept {
    try {
      ask(target_.server,
          target_.deletes_sessions
              ? http_request("POST", "/api/session/delete", json{{"sessionId", session}}.dump())
              : execute_request("/api/execute", session, "exit 0"),
          std::chrono::seconds(2));
    } catch (const std::exception&) { // the server has gone, and the session with it
    }
  }

  const target& target_;
  const row_plan& plan_;
  tally results_;
  std::vector<std::string> sessions_;
  std::vector<std::unique_ptr<conversation>> talks_;
  std::optional<client> client_;
};

void converse_ping(lane& with, int connections) {
  for (int index = 0; index < connections; ++index)
    with.converse<repetition>(http_request("GET", "/api/ping"), check_ping);
}

void converse_execute(lane& with, std::string_view command, int sessions, int connections_per_session) {
  for (int session_index = 0; session_index < sessions; ++session_index) {
    const auto session = with.new_session();
    for (int index = 0; index < connections_per_session; ++index)
      with.converse<repetition>(
          execute_request("/api/execute", session, command),
          [expected = expected_output("")](const answer& whole) { return check_executed(whole, expected); });
  }
}

/// The output of a file of 63 digits and a line feed per line.
void converse_output(lane& with, std::size_t bytes) {
  const std::string line = "012345678901234567890123456789012345678901234567890123456789012\n";
  std::string text;
  for (std::size_t size = 0; size < bytes; size += line.size())
    text += line;
  const auto file = "bench-output-" + std::to_string(bytes);
  const auto session = with.new_session();
  with.prepare(session, "yes " + line.substr(0, line.size() - 1) + " | head -c " + std::to_string(bytes) +
                            " > " + file);
  with.converse<repetition>(
      execute_request("/api/execute", session, "cat " + file),
      [expected = expected_output(text)](const answer& whole) { return check_executed(whole, expected); });
}

void converse_stream(lane& with) {
  with.converse<stream_repetition>(execute_request("/api/execute/stream", with.new_session(), "echo hello"),
                                   [](const answer& whole) { return check_streamed(whole, "hello\n"); });
}

struct row {
  std::string_view name;
  std::function<void(lane&)> set_up;
};

const std::vector<row>& rows() {
  static const std::vector<row> all{
      {"ping-1", [](lane& with) { converse_ping(with, 1); }},
      {"ping-50", [](lane& with) { converse_ping(with, 50); }},
      {"create", [](lane& with) { with.converse<creation>(with.of(), with.plan().directory); }},
      {"builtin", [](lane& with) { converse_execute(with, ":", 1, 1); }},
      {"true", [](lane& with) { converse_execute(with, "/bin/true", 1, 1); }},
      {"output-1m", [](lane& with) { converse_output(with, 1'000'000); }},
      {"output-10m", [](lane& with) { converse_output(with, 10'000'000); }},
      {"stream", converse_stream},
      {"parallel-20", [](lane& with) { converse_execute(with, ":", 20, 1); }},
      {"parallel-20x20", [](lane& with) { converse_execute(with, ":", 20, 20); }},
  };
  return all;
}

} // namespace

const std::vector<std::string_view>& row_names() {
  static const auto names = [] {
    std::vector<std::string_view> result;
    for (const auto& each : rows())
      result.push_back(each.name);
    return result;
  }();
  return names;
}

json measure_row(std::string_view name, const std::vector<target>& targets, const row_plan& plan) {
  const auto found =
      std::find_if(rows().begin(), rows().end(), [&](const row& each) { return each.name == name; });
  if (found == rows().end())
    throw std::invalid_argument("unknown row: " + std::string(name));
  std::vector<std::unique_ptr<lane>> lanes;
  for (const auto& each : targets) {
    lanes.push_back(std::make_unique<lane>(each, plan));
    found->set_up(*lanes.back());
  }
  for (int slice = 0; slice < plan.slices; ++slice) {
    for (auto& each : lanes)
      each->run(plan.duration / plan.slices);
    std::reverse(lanes.begin(), lanes.end());
  }
  json result = json::object();
  for (const auto& each : lanes)
    result[each->of().name] = each->summary();
  return result;
}

} // namespace sandboxd::bench
