#include "inspector/sandboxctl/command_line.hpp"

#include "inspector/sandboxctl/event_line.hpp"
#include "inspector/sandboxctl/figures.hpp"

#include <nlohmann/json.hpp>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {

namespace {

constexpr const char* about =
    "Shows and steers a running sandboxd by its inspector.\n\n"
    "A PATH is the place of an actor in the supervision tree, such as\n"
    "/root/sandbox/workload/sessions/1/shell; /root/ may be left out. What changes the\n"
    "server asks first; without a terminal to ask at it wants --yes.";

constexpr const char* exit_codes =
    "Exit codes:\n"
    "  0  done\n"
    "  1  the server refused, you said no, or doctor found something critical\n"
    "  2  wrong usage, also a change without --yes where nobody can be asked\n"
    "  3  the server cannot be reached\n\n"
    "`sandboxctl COMMAND --help` has an example of each command.";

constexpr const char* id_of_request =
    "The X-Request-Id of the request, the id of its trace, or that of its span, which no other has";

const std::vector<std::string> languages{"python", "javascript", "typescript"};
const std::vector<std::string> signals{"SIGHUP",  "SIGINT",  "SIGQUIT", "SIGKILL", "SIGUSR1",
                                       "SIGUSR2", "SIGTERM", "SIGCONT", "SIGSTOP"};

/// What is read into while CLI11 parses.
struct options {
  std::string url = "http://127.0.0.1:7676";
  std::string token_file;
  std::string color = "auto";
  bool wants_json = false;
  bool says_yes = false;
  tree_request tree;
  top_request top;
  show_request show;
  events_request events;
  requests_request requests;
  trace_request trace;
  actor_request restarted;
  actor_request stopped;
  signal_request signal;
  breaker_request breaker;
  pools_request pools;
  settings_request settings;
  cut_request cut;
  std::string drain_time = "1min";
};

/// A subcommand with an example, and what it does.
class commands {
public:
  using action = std::function<exit_code(const surroundings&)>;

  CLI::App* add(CLI::App& to, const std::string& name, const std::string& description,
                const std::string& example, action what) {
    auto* const command = to.add_subcommand(name, description);
    command->fallthrough();
    command->footer(
        "Example:\n  sandboxctl " + example +
        "\n\n--url, --token-file, --json, --color and --yes may come here too; see sandboxctl --help.");
    actions_.emplace_back(command, std::move(what));
    return command;
  }

  [[nodiscard]] action chosen() const {
    for (const auto& [command, what] : actions_)
      if (command->parsed())
        return what;
    return {};
  }

private:
  std::vector<std::pair<CLI::App*, action>> actions_;
};

void add_global(CLI::App& app, options& to) {
  app.add_option("--url", to.url, "Where the inspector listens")
      ->envname("SANDBOXCTL_URL")
      ->capture_default_str()
      ->type_name("URL");
  app.add_option("--token-file", to.token_file, "File with the token of http.token-file")
      ->envname("SANDBOXCTL_TOKEN_FILE")
      ->type_name("FILE");
  app.add_flag("--json", to.wants_json, "Print the interface's answer; of streams one object a line");
  app.add_option("--color", to.color,
                 "When to use colours: auto (on a terminal, without NO_COLOR), always, never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("WHEN");
  app.add_flag("--yes", to.says_yes, "Change things without asking");
}

void add_views(CLI::App& app, commands& all, const std::shared_ptr<options>& to) {
  auto* tree = all.add(app, "tree", "Draw the supervision tree", "tree sandbox/workload",
                       [to](const auto& with) { return run_tree(with, to->tree); });
  tree->add_option("PATH", to->tree.path, "Only this actor and those below");
  tree->add_flag("--all", to->tree.wants_all, "All children of dynamic supervisors, however many");

  auto* top = all.add(app, "top", "Show the busiest actors, each second anew", "top --once",
                      [to](const auto& with) { return run_top(with, to->top); });
  top->add_flag("--once", to->top.is_once, "Print once and end");

  auto* show = all.add(app, "show", "Show all about one actor", "show root/http",
                       [to](const auto& with) { return run_show(with, to->show); });
  show->add_option("PATH", to->show.path, "The actor")->required();

  auto* events = all.add(app, "events", "Show what has happened in the tree",
                         "events -f --path sandbox/workload --kind exited",
                         [to](const auto& with) { return run_events(with, to->events); });
  events->add_flag("-f,--follow", to->events.follows, "Go on with what happens");
  events->add_option("--path", to->events.path, "Only of this actor and those below")->type_name("PATH");
  events->add_option("--kind", to->events.kind, "Only of this kind")
      ->check(CLI::IsMember(std::vector<std::string>(event_kinds.begin(), event_kinds.end())))
      ->type_name("KIND");
  events->add_option("--search", to->events.search, "Only with this text in path or words")
      ->type_name("TEXT");
  events->add_option("--last", to->events.last, "How many of those that were before; 0 with -f only")
      ->check(CLI::Range(0, 10'000))
      ->capture_default_str()
      ->type_name("N");

  all.add(app, "doctor", "Tell what is wrong with the server, and what to change", "doctor",
          [](const auto& with) { return run_doctor(with); });
}

void add_traces(CLI::App& app, commands& all, const std::shared_ptr<options>& to) {
  auto* requests = all.add(app, "requests", "Show the requests under way, and the last that have ended",
                           "requests --actor sandbox/workload/sessions/1/session",
                           [to](const auto& with) { return run_requests(with, to->requests); });
  requests->add_option("--actor", to->requests.actor, "Only those that this actor has worked for")
      ->type_name("PATH");
  requests
      ->add_option("--search", to->requests.search, "Only with this text in method, path or one of the ids")
      ->type_name("TEXT");
  requests->add_option("--limit", to->requests.limit, "How many under way and how many ended, at most")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str()
      ->type_name("N");

  auto* trace = all.add(app, "trace", "Show what was done for a request, by which actors, and when",
                        "trace night-1", [to](const auto& with) { return run_trace(with, to->trace); });
  trace->add_option("ID", to->trace.id, id_of_request)->required();
  trace->add_flag("--otlp", to->trace.wants_open_telemetry,
                  "Print JSON of OpenTelemetry, for curl -H 'Content-Type: application/json' -d @- "
                  "COLLECTOR/v1/traces");
}

void add_actor_changes(CLI::App& app, commands& all, const std::shared_ptr<options>& to) {
  auto* restart = all.add(app, "restart", "End an actor, so that its supervisor starts it again",
                          "restart interpreters/python/pool",
                          [to](const auto& with) { return run_restart(with, to->restarted); });
  restart->add_option("PATH", to->restarted.path, "The actor")->required();

  auto* stop = all.add(app, "stop", "Stop an actor for good", "stop sandbox/workload/sessions/1",
                       [to](const auto& with) { return run_stop(with, to->stopped); });
  stop->add_option("PATH", to->stopped.path, "The actor")->required();

  auto* signal = all.add(app, "signal", "Send a signal to an actor's process and those below",
                         "signal sandbox/workload/sessions/1/shell SIGINT",
                         [to](const auto& with) { return run_signal(with, to->signal); });
  signal->add_option("PATH", to->signal.path, "The actor")->required();
  signal->add_option("NAME", to->signal.signal, "The signal, with or without SIG")
      ->required()
      ->transform([](std::string name) {
        std::ranges::transform(name, name.begin(),
                               [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        return name.starts_with("SIG") ? name : "SIG" + name;
      })
      ->check(CLI::IsMember(signals));
}

void add_changes(CLI::App& app, commands& all, const std::shared_ptr<options>& to) {
  auto* breaker =
      all.add(app, "breaker", "Open or close the circuit breaker of a language", "breaker python reset",
              [to](const auto& with) { return run_breaker(with, to->breaker); });
  breaker->add_option("LANGUAGE", to->breaker.language)->required()->check(CLI::IsMember(languages));
  breaker->add_option("ACTION", to->breaker.action, "reset closes it, trip opens it")
      ->required()
      ->check(CLI::IsMember({"reset", "trip"}));

  auto* pools =
      all.add(app, "pools", "Show the pools of executors, or change the bounds of one",
              "pools python --min 5 --max 20", [to](const auto& with) { return run_pools(with, to->pools); });
  auto* language = pools->add_option("LANGUAGE", to->pools.language)->check(CLI::IsMember(languages));
  pools->add_option("--min", to->pools.minimum, "Executors started ahead")->needs(language)->type_name("N");
  pools->add_option("--max", to->pools.maximum, "Executors at most; 0: no limit")
      ->needs(language)
      ->type_name("N");

  auto* settings = all.add(app, "settings", "Show settings, or change one", "settings log.level debug",
                           [to](const auto& with) { return run_settings(with, to->settings); });
  settings->add_option("NAME", to->settings.name, "A setting, or a group such as http");
  settings->add_option("VALUE", to->settings.value, "Its new value, as in the configuration file");

  auto* cut = all.add(app, "cut", "Close the connection of a request that is under way", "cut night-1",
                      [to](const auto& with) { return run_cut(with, to->cut); });
  cut->add_option("ID", to->cut.id, id_of_request)->required();

  auto* drain =
      all.add(app, "drain", "Have the server finish what is under way, then end", "drain --for 5min",
              [to](const auto& with) {
                return run_drain(with, {parse_time(to->drain_time).value_or(std::chrono::milliseconds(0))});
              });
  drain->add_option("--for", to->drain_time, "How long to wait at most, such as 500ms, 30s, 5min, 1h")
      ->capture_default_str()
      ->check([](const std::string& text) {
        return parse_time(text) ? "" : "a time is a whole number and ms, s, min or h, at most 24h";
      })
      ->type_name("TIME");
}

std::string read_token(const std::string& file) {
  if (file.empty())
    return {};
  std::ifstream source(file);
  std::ostringstream content;
  if (!source || !(content << source.rdbuf()))
    throw failure(exit_code::usage, "Cannot read the token in " + file + ": " + std::strerror(errno));
  auto token = content.str();
  token.erase(token.find_last_not_of(" \t\r\n") + 1);
  // It becomes part of a line of the request.
  if (token.empty() || std::ranges::any_of(token, [](char c) { return c <= ' ' || c == '\x7f'; }))
    throw failure(exit_code::usage, "There is no token in " + file);
  return token;
}

wish wish_of(const options& read, const commands& all) {
  const auto server = parse_url(read.url);
  if (!server)
    throw failure(exit_code::usage, "Wrong URL " + read.url + ": it must be http://HOST[:PORT]");
  return {.server = *server,
          .token = read_token(read.token_file),
          .colors = read.color == "always"  ? color_choice::always
                    : read.color == "never" ? color_choice::never
                                            : color_choice::automatic,
          .wants_json = read.wants_json,
          .says_yes = read.says_yes,
          .command = all.chosen()};
}

/// CLI11's words in one line.
std::string line_of(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

} // namespace

std::variant<wish, help_text> read_command_line(int argc, const char* const* argv) {
  CLI::App app(about, "sandboxctl");
  const auto read = std::make_shared<options>();
  commands all;
  add_global(app, *read);
  add_views(app, all, read);
  add_traces(app, all, read);
  add_actor_changes(app, all, read);
  add_changes(app, all, read);
  app.require_subcommand(1);
  app.footer(exit_codes);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return help_text{app.help()};
  } catch (const CLI::ParseError& problem) {
    // CLI11 would only say that a command is missing.
    if (const auto unknown = app.remaining(); app.get_subcommands().empty() && !unknown.empty())
      throw failure(exit_code::usage,
                    "There is no command or option " + unknown.front() + "; see sandboxctl --help");
    throw failure(exit_code::usage, line_of(problem.what()) + "; see sandboxctl --help");
  }
  return wish_of(*read, all);
}

} // namespace sandboxd::sandboxctl
