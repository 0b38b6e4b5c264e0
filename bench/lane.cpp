#include "bench/lane.hpp"

#include "bench/latencies.hpp"
#include "bench/sample_text.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace sandboxd::bench {

using nlohmann::json;

namespace {

/// Clients of dialect A send it without a body as well, which tells them from later ones.
constexpr std::string_view content_type = "Content-Type: application/json\r\n";
constexpr std::chrono::milliseconds pause_between_logs{10};
constexpr std::chrono::seconds patience_at_end{2};

} // namespace

std::string execute_request(std::string_view path, std::string_view session, std::string_view command) {
  return http_request("POST", path, json{{"id", session}, {"command", command}}.dump());
}

std::string create_request(std::string_view session, std::string_view directory) {
  return http_request("POST", "/api/session/create",
                      json{{"id", session}, {"cwd", directory}, {"isolation", true}}.dump());
}

std::string end_request(const target& to, std::string_view session) {
  if (to.reference)
    return execute_request("/api/execute", session, "exit 0");
  return http_request("POST", "/api/session/delete", json{{"sessionId", session}}.dump());
}

std::string start_request(std::string_view session, std::string_view process, std::string_view command) {
  const json body{{"command", command}, {"sessionId", session}, {"options", {{"processId", process}}}};
  return http_request("POST", "/api/process/start", body.dump());
}

std::string kill_request(const std::string& process) {
  return http_request("DELETE", "/api/process/" + process, {}, content_type);
}

std::string follow_request(const std::string& process) {
  return http_request("GET", "/api/process/" + process + "/stream", {}, "Accept: text/event-stream\r\n");
}

std::string unique_name(std::string_view what, std::size_t number) {
  return "bench-" + std::string(what) + "-" + std::to_string(getpid()) + "-" + std::to_string(number);
}

lane::~lane() {
  for (auto request = farewells_.rbegin(); request != farewells_.rend(); ++request) {
    try {
      ask(target_.server, std::move(*request), patience_at_end);
    } catch (const std::exception&) { // the server has gone, and with it what was to be ended
    }
  }
}

reply lane::demand(std::string request, const answer_check& verdict) const {
  auto got = ask(target_.server, std::move(request), plan_.patience);
  const answer whole{got.status, got.body, got.elapsed, got.error};
  if (const auto problem = verdict(whole); !problem.empty())
    throw std::runtime_error(target_.name + ": " + problem);
  return got;
}

std::string lane::new_session() {
  auto session = unique_name("session", farewells_.size());
  demand(create_request(session, plan_.directory),
         [&](const answer& whole) { return check_created(whole, session); });
  at_end(end_request(target_, session));
  return session;
}

void lane::prepare(const std::string& session, const std::string& command) const {
  demand(execute_request("/api/execute", session, command),
         [](const answer& whole) { return check_executed(whole, expected_text("")); });
}

void lane::make_text_file(const std::string& session, const std::string& file, std::size_t bytes) const {
  const auto line = sample_text(sample_line_bytes - 1);
  prepare(session, "yes " + line + " | head -c " + std::to_string(bytes) + " > " + file);
}

std::string lane::new_process(const std::string& session, const std::string& command) {
  auto process = unique_name("process", farewells_.size());
  demand(start_request(session, process, command),
         [&](const answer& whole) { return check_started(whole, process); });
  at_end(kill_request(process));
  return process;
}

std::string lane::output_of(const std::string& process) const {
  const auto deadline = std::chrono::steady_clock::now() + plan_.patience;
  while (true) {
    const auto logs = demand(http_request("GET", "/api/process/" + process + "/logs", {}, content_type),
                             [&](const answer& whole) {
                               return check_fields(whole, {{"processId", process}}, "no logs");
                             });
    auto text = json::parse(logs.body).value("stdout", "");
    if (text.find('\n') != std::string::npos)
      return text;
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error(target_.name + ": a process printed no line: " + excerpt(logs.body));
    std::this_thread::sleep_for(pause_between_logs);
  }
}

void lane::run(std::chrono::nanoseconds duration) {
  if (!client_)
    connect();
  const auto cpu = processor_seconds();
  const auto start = std::chrono::steady_clock::now();
  results_.deadline = start + duration;
  client_->run();
  results_.wall_seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  results_.client_seconds += processor_seconds() - cpu;
}

json lane::summary() const {
  return results_.summary();
}

void lane::connect() {
  std::vector<conversation*> talks;
  for (auto& talk : talks_)
    talks.push_back(talk.get());
  client_.emplace(target_.server, talks, plan_.patience);
}

} // namespace sandboxd::bench
