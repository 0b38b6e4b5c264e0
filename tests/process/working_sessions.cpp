#include "tests/process/working_sessions.hpp"

#include "tests/support/census.hpp"

#include <atomic>
#include <exception>
#include <set>
#include <thread>
#include <utility>

namespace sandboxd::testing {

namespace {

using clock = std::chrono::steady_clock;

/// The codes a client may see because of a fault of the server (HTTP.md 3.2).
const std::set<std::string> codes_of_faults{"SESSION_TERMINATED", "SESSION_DESTROYED", "INTERNAL_ERROR",
                                            "CONTAINER_UNAVAILABLE", "COMMAND_EXECUTION_ERROR"};

/// What a worker waits between two requests, so that the machine is busy but not drowned.
constexpr auto breath = std::chrono::milliseconds(20);

constexpr auto time_for_progress = std::chrono::seconds(20);

} // namespace

working_sessions::working_sessions(std::uint16_t port, std::size_t sessions) : port_(port) {
  for (std::size_t i = 0; i < sessions; ++i) {
    const auto does = i % 5 == 1 || i % 5 == 3 ? kind::program : i % 5 == 4 ? kind::stream : kind::builtin;
    workers_.push_back({does, "worker-" + std::to_string(i)});
  }
  for (std::size_t i = 0; i < workers_without_session; ++i)
    workers_.push_back({kind::sessionless, ""});
}

working_sessions::round working_sessions::work_through(const std::function<void()>& fault) {
  constexpr auto never = clock::time_point::max().time_since_epoch().count();
  std::atomic<clock::rep> fault_time{never};
  std::atomic<bool> stop{false};
  std::vector<std::atomic<int>> before(size());
  std::vector<std::atomic<int>> after(size());
  std::vector<std::vector<worked>> answers(size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < size(); ++i)
    threads.emplace_back([&, i] {
      sdk_client client(port_, generation::b);
      while (!stop) {
        answers[i].push_back(ask(i, client));
        const auto& last = answers[i].back();
        if (last.what == worked::answer::wrong)
          return; // the connection is in no known state
        if (last.ran())
          ++(last.sent.time_since_epoch().count() > fault_time ? after[i] : before[i]);
        std::this_thread::sleep_for(breath);
      }
    });
  const auto all_had_two = [](const std::vector<std::atomic<int>>& counts) {
    for (const auto& count : counts)
      if (count < 2)
        return false;
    return true;
  };

  round result;
  const bool began = eventually([&] { return all_had_two(before); }, time_for_progress);
  result.fault = clock::now();
  fault_time = result.fault.time_since_epoch().count();
  if (began)
    fault();
  result.recovered = began && eventually([&] { return all_had_two(after); }, time_for_progress);
  stop = true;
  for (auto& thread : threads)
    thread.join();
  for (auto& list : answers)
    result.answers.insert(result.answers.end(), list.begin(), list.end());
  return result;
}

worked working_sessions::ask(std::size_t number, sdk_client& client) {
  auto& who = workers_[number];
  const std::string token = "w" + std::to_string(number) + "r" + std::to_string(++who.requests);
  worked result;
  result.worker = number;
  result.sent = clock::now();
  try {
    if (who.does == kind::stream && who.requests % 2 == 0)
      answer_of_stream(who, client, result, token);
    else
      answer_of_unary(who, client, result, token);
  } catch (const std::exception& error) {
    result.text = error.what();
  }
  result.answered = clock::now();
  return result;
}

void working_sessions::answer_of_unary(worker& who, sdk_client& client, worked& result,
                                       const std::string& token) {
  const bool counts = who.does != kind::sessionless;
  std::string command = counts ? "n=$((n+1)); " : "";
  if (who.does == kind::program || who.does == kind::sessionless)
    command += "sleep 0.2; ";
  command += "echo " + token + " $((n))";
  const auto answered = client.execute(counts ? who.session : "__DISABLE_SESSION__", command);
  if (client.has_more())
    result.text = "more than one answer";
  else if (answered.status == 200)
    judge_output(who, result, token, answered.body.at("stdout"), counts);
  else
    judge_failure(result, answered.body);
  if (result.what == worked::answer::failure && counts)
    ++who.uncertain;
}

void working_sessions::answer_of_stream(worker& who, sdk_client& client, worked& result,
                                        const std::string& token) {
  // A fork of the session's shell: it sees the variable and cannot change it.
  auto stream = client.stream(who.session, "sleep 0.05; echo " + token + " $((n))");
  if (stream.refusal())
    return judge_failure(result, stream.refusal()->body);
  const auto events = stream.rest();
  std::size_t terminal = 0;
  for (const auto& event : events)
    terminal += event.at("type") == "complete" || event.at("type") == "error" ? 1 : 0;
  const std::string last = events.empty() ? "" : events.back().at("type").get<std::string>();
  if (terminal != 1 || (last != "complete" && last != "error")) {
    result.text =
        "a stream with " + std::to_string(terminal) + " terminal events, the last event is '" + last + "'";
  } else if (last == "error") {
    judge_failure(result, events.back());
  } else if (events.back().at("exitCode") != 0) { // it was killed with its session
    result.what = worked::answer::failure;
    result.text = "exit code " + events.back().at("exitCode").dump();
  } else {
    judge_output(who, result, token, text_of(events, "stdout"), false);
  }
}

/// `counts`: the command has added one to the session's variable before it printed it.
void working_sessions::judge_output(worker& who, worked& result, const std::string& token,
                                    const std::string& output, bool counts) {
  if (!output.starts_with(token + " ")) {
    result.text = "printed '" + output + "' for " + token;
    return;
  }
  const long printed = std::stol(output.substr(token.size() + 1));
  const long step = counts ? 1 : 0;
  if (who.session.empty()) {
    result.what = printed == 0 ? worked::answer::good : worked::answer::wrong;
  } else if (printed >= who.count + step && printed <= who.count + step + who.uncertain) {
    result.what = worked::answer::good;
  } else if (printed >= step && printed <= step + who.uncertain) {
    result.what = worked::answer::fresh;
  }
  result.text = "printed '" + output + "' after " + std::to_string(who.count);
  who.count = printed;
  who.uncertain = 0;
}

void working_sessions::judge_failure(worked& result, const json& body) {
  const bool well_formed = body.contains("code") && body.contains("message") && body.contains("timestamp") &&
                           body.contains("error");
  result.text = well_formed ? body.at("code").get<std::string>() : body.dump();
  if (well_formed && codes_of_faults.contains(result.text))
    result.what = worked::answer::failure;
}

} // namespace sandboxd::testing
