#include "bench/options.hpp"
#include "bench/rows.hpp"
#include "bench/service.hpp"
#include "bench/soak.hpp"
#include "bench/start_probe.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <stdexcept>

namespace {

using namespace sandboxd::bench;

constexpr std::string_view usage = R"(sandboxd_bench - the client of bench/run and bench/soak; prints JSON

sandboxd_bench rows
    Names of the rows, one per line.
sandboxd_bench measure --row=NAME --directory=DIR [--sandboxd=URL] [--reference=URL]
                       [--seconds=S] [--slices=N] [--patience=S] [--process=PID]
    Measures a row on one server or, in alternating slices, on both; what the reference does not have on
    sandboxd alone.
    --directory  existing directory for the sessions to start in and write to
    --seconds    for each server (default 5); --slices: number of portions (default 10)
    --patience   longest wait for an answer in seconds (default 40)
    --process    of sandboxd: what is created is timed only when there are no more processes below it than before
                 the first, since it ends sessions in the background
sandboxd_bench start [--grace=S] -- COMMAND [ARGUMENT...]
    Time from the start of a server to its first ping, in milliseconds. The server is ended by SIGTERM and,
    after the grace (default 10 s), by SIGKILL.
sandboxd_bench soak --server=URL --mix=KIND=WEIGHT,... [--commands=N] [--points=N] [--connections=N]
                    [--sessions-per-connection=N] [--seed=N] [--patience=S]
    Runs mixed commands and checks every answer; rests at each point until a line arrives on stdin.
    Kinds: builtin fork megabyte background timeout exit left_stream
sandboxd_bench serve
    The HTTP service that the rows of the proxy start; prints its address.
)";

std::chrono::milliseconds seconds(double value) {
  return std::chrono::milliseconds(static_cast<long>(value * 1000));
}

int list_rows(const std::vector<std::string>&) {
  for (const auto name : row_names())
    std::cout << name << '\n';
  return 0;
}

int measure(const std::vector<std::string>& arguments) {
  const options given(
      arguments, {"row", "directory", "sandboxd", "reference", "seconds", "slices", "patience", "process"});
  std::vector<target> targets;
  for (const std::string_view name : {"sandboxd", "reference"})
    if (const auto url = given.text(name); !url.empty())
      targets.push_back({std::string(name), parse_endpoint(url), name == "reference",
                         name == "sandboxd" ? static_cast<pid_t>(given.number("process", 0)) : 0});
  const row_plan plan{.duration = seconds(given.number("seconds", 5)),
                      .slices = static_cast<int>(given.number("slices", 10)),
                      .patience = seconds(given.number("patience", 40)),
                      .directory = given.text("directory")};
  if (targets.empty() || plan.slices < 1 || plan.directory.empty())
    throw std::invalid_argument("needs a server, a directory and at least one slice");
  std::cout << measure_row(given.text("row"), targets, plan).dump() << '\n';
  return 0;
}

int start(const std::vector<std::string>& arguments) {
  const options given(arguments, {"grace"});
  const auto elapsed = start_to_first_ping(given.command(), seconds(given.number("grace", 10)));
  const auto milliseconds = std::chrono::duration<double, std::milli>(elapsed).count();
  std::cout << nlohmann::json{{"milliseconds", milliseconds}}.dump() << '\n';
  return 0;
}

int soak(const std::vector<std::string>& arguments) {
  const options given(arguments, {"server", "mix", "commands", "points", "connections",
                                  "sessions-per-connection", "seed", "patience"});
  const auto number = [&](std::string_view name, double fallback) {
    return static_cast<std::size_t>(given.number(name, fallback));
  };
  const soak_plan plan{.server = parse_endpoint(given.text("server")),
                       .commands = number("commands", 1'000'000),
                       .points = number("points", 10),
                       .connections = number("connections", 16),
                       .sessions_per_connection = number("sessions-per-connection", 3),
                       .seed = number("seed", 1),
                       .patience = seconds(given.number("patience", 40)),
                       .weights = parse_weights(given.text("mix"))};
  if (plan.points < 1 || plan.connections < 1 || plan.sessions_per_connection < 1)
    throw std::invalid_argument("points, connections and sessions per connection must be at least 1");
  return run_soak(plan, std::cin, std::cout) ? 0 : 1;
}

int serve_until_killed(const std::vector<std::string>& arguments) {
  const options given(arguments, {});
  serve(std::cout);
}

} // namespace

int main(int count, char** values) {
  const std::vector<std::string> arguments(values + std::min(count, 2), values + count);
  const std::string command = count > 1 ? values[1] : "";
  const std::map<std::string, std::function<int(const std::vector<std::string>&)>> commands{
      {"rows", list_rows},
      {"measure", measure},
      {"start", start},
      {"soak", soak},
      {"serve", serve_until_killed}};
  const auto found = commands.find(command);
  if (found == commands.end()) {
    const bool asked = command == "--help";
    (asked ? std::cout : std::cerr) << usage;
    return asked ? 0 : 2;
  }
  try {
    return found->second(arguments);
  } catch (const std::exception& problem) {
    std::cerr << "sandboxd_bench " << command << ": " << problem.what() << '\n';
    return 2;
  }
}
