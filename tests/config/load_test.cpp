#include "config/document.hpp"
#include "config/load.hpp"
#include "config/table.hpp"
#include "tests/config/temporary_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

using outcome = std::variant<configuration, early_exit, problems>;

outcome load_with(std::vector<std::string> arguments, std::map<std::string, std::string> environment = {}) {
  return load({std::move(arguments), std::move(environment)});
}

configuration good(const outcome& loaded) {
  if (const auto* found = std::get_if<problems>(&loaded))
    for (const auto& line : found->lines)
      ADD_FAILURE() << line;
  return std::get<configuration>(loaded);
}

/// The problems of a file, without the name of the file.
std::vector<std::string> problems_of_file(const std::string& text) {
  const temporary_file file(text);
  const auto loaded = load_with({file.flag()});
  std::vector<std::string> lines;
  if (const auto* found = std::get_if<problems>(&loaded))
    for (auto line : found->lines) {
      for (auto at = line.find(file.path()); at != std::string::npos; at = line.find(file.path()))
        line.replace(at, file.path().size(), "FILE");
      lines.push_back(std::move(line));
    }
  return lines;
}

std::vector<std::string> problems_of(std::vector<std::string> arguments,
                                     std::map<std::string, std::string> environment = {}) {
  const auto loaded = load_with(std::move(arguments), std::move(environment));
  const auto* found = std::get_if<problems>(&loaded);
  return found != nullptr ? found->lines : std::vector<std::string>{};
}

TEST(config_load, starts_on_the_defaults_without_any_source) {
  const auto loaded = good(load_with({}));
  EXPECT_EQ(loaded.values.http.address, "127.0.0.1");
  EXPECT_EQ(loaded.values.http.port, 3000);
  EXPECT_EQ(loaded.values.http.max_body_bytes, 536'870'912u);
  EXPECT_EQ(loaded.values.http.idle_timeout, 300s);
  EXPECT_EQ(loaded.values.sandbox.workspace, "/workspace");
  EXPECT_EQ(loaded.values.session.command_timeout, 0ms);
  EXPECT_EQ(loaded.values.log.level, log_level::info);
  for (const auto& key : table())
    EXPECT_EQ(loaded.sources.at(key.name), "default") << key.name;
}

TEST(config_load, lets_flag_win_over_variable_over_file_over_default) {
  const temporary_file file(
      "[http]\nport = 1\nmax-connections = 11\nmax-json-depth = 21\n[log]\nlevel = \"warn\"\n");
  const auto loaded = good(load_with({file.flag(), "--http.port=3"}, {{"SANDBOXD_HTTP_PORT", "2"},
                                                                      {"SANDBOXD_HTTP_MAX_CONNECTIONS", "12"},
                                                                      {"SANDBOX_LOG_LEVEL", "error"}}));
  EXPECT_EQ(loaded.values.http.port, 3);
  EXPECT_EQ(loaded.sources.at("http.port"), "flag --http.port");
  EXPECT_EQ(loaded.values.http.max_connections, 12u);
  EXPECT_EQ(loaded.sources.at("http.max-connections"), "variable SANDBOXD_HTTP_MAX_CONNECTIONS");
  EXPECT_EQ(loaded.values.http.max_json_depth, 21u);
  EXPECT_EQ(loaded.sources.at("http.max-json-depth"), file.path() + ":4");
  EXPECT_EQ(loaded.values.log.level, log_level::error);
  EXPECT_EQ(loaded.sources.at("log.level"), "variable SANDBOX_LOG_LEVEL");
  EXPECT_EQ(loaded.sources.at("log.format"), "default");
}

TEST(config_load, lets_our_own_variable_win_over_the_one_of_the_reference_server) {
  const auto loaded = good(load_with({}, {{"SANDBOXD_LOG_LEVEL", "debug"}, {"SANDBOX_LOG_LEVEL", "error"}}));
  EXPECT_EQ(loaded.values.log.level, log_level::debug);
}

// HTTP.md section 16.1, row by row.
TEST(config_load, understands_the_variables_of_the_reference_server) {
  const auto loaded = good(load_with({},
                                     {
                                         {"SANDBOX_HTTP_DIALECT", "b"},
                                         {"COMMAND_TIMEOUT_MS", "1500"},
                                         {"ISOLATION_FALLBACK", "0"},
                                         {"PYTHON_POOL_MIN_SIZE", "0"},
                                         {"PYTHON_POOL_MAX_SIZE", "15"},
                                         {"JAVASCRIPT_POOL_MIN_SIZE", "4"},
                                         {"JAVASCRIPT_POOL_MAX_SIZE", "10"},
                                         {"TYPESCRIPT_POOL_MIN_SIZE", ""},
                                         {"TYPESCRIPT_POOL_MAX_SIZE", "9"},
                                         {"INTERPRETER_SPAWN_TIMEOUT_MS", "2500"},
                                         {"INTERPRETER_EXECUTION_TIMEOUT_MS", "0"},
                                         {"SANDBOX_VERSION", "0.12.7"},
                                         {"CLOUDFLARE_PLACEMENT_ID", "placement"},
                                         {"SANDBOX_LOG_LEVEL", "warn"},
                                         {"SANDBOX_LOG_FORMAT", "pretty"},
                                         {"SANDBOX_INTERCEPT_HTTPS", "1"},
                                         {"SANDBOX_CA_CERT", "/ca.crt"},
                                         {"SANDBOX_RAW_CHILD_STDIO", "1"},
                                     }))
                          .values;
  EXPECT_EQ(loaded.http.dialect, http_dialect::b);
  EXPECT_EQ(loaded.session.command_timeout, 1500ms);
  EXPECT_FALSE(loaded.isolation.fallback);
  EXPECT_EQ(loaded.interpreter.python.min_size, 0u);
  EXPECT_EQ(loaded.interpreter.python.max_size, 15u);
  EXPECT_EQ(loaded.interpreter.javascript.min_size, 4u);
  EXPECT_EQ(loaded.interpreter.javascript.max_size, 10u);
  EXPECT_EQ(loaded.interpreter.typescript.min_size, 3u);
  EXPECT_EQ(loaded.interpreter.typescript.max_size, 9u);
  EXPECT_EQ(loaded.interpreter.start_timeout, 2500ms);
  EXPECT_EQ(loaded.interpreter.execution_timeout, 0ms);
  EXPECT_EQ(loaded.sandbox.version, "0.12.7");
  EXPECT_EQ(loaded.sandbox.placement_id, "placement");
  EXPECT_EQ(loaded.log.level, log_level::warn);
  EXPECT_EQ(loaded.log.format, log_format::text);
  EXPECT_TRUE(loaded.sandbox.intercept_https);
  EXPECT_EQ(loaded.sandbox.ca_certificate, "/ca.crt");
  EXPECT_TRUE(loaded.sandbox.raw_command_stdio);
}

TEST(config_load, keeps_the_fallback_for_anything_but_zero_and_switches_on_for_one_only) {
  const auto loaded =
      good(load_with({}, {{"ISOLATION_FALLBACK", "no"}, {"SANDBOX_INTERCEPT_HTTPS", "true"}}));
  EXPECT_TRUE(loaded.values.isolation.fallback);
  EXPECT_FALSE(loaded.values.sandbox.intercept_https);
}

TEST(config_load, takes_an_empty_variable_for_a_missing_one) {
  const auto loaded = good(load_with({}, {{"COMMAND_TIMEOUT_MS", ""}, {"SANDBOXD_HTTP_PORT", ""}}));
  EXPECT_EQ(loaded.values.http.port, 3000);
  EXPECT_EQ(loaded.sources.at("session.command-timeout"), "default");
}

TEST(config_load, names_key_value_range_and_line_of_every_problem_of_a_file) {
  EXPECT_THAT(
      problems_of_file("[http]\n"
                       "port = 70000\n"
                       "prot = 3\n"
                       "port = 4\n"
                       "address = \"localhost\"\n"
                       "max-url-bytes = \"64MB\"\n"
                       "idle-timeout = 5\n"
                       "max-json-depth = \"8\"\n"
                       "dialect = \"c\"\n"
                       "[log]\n"
                       "format = 1\n"
                       "[isolation]\n"
                       "fallback = \"true\"\n"
                       "[session]\n"
                       "kill-grace = 99999999999999h\n"),
      ElementsAre("FILE:2: http.port = 70000: out of range; allowed: 0 to 65535 (0 = the system chooses)",
                  "FILE:3: http.prot = 3: unknown key; did you mean http.port?",
                  "FILE:4: http.port = 4: given twice, first at FILE:2",
                  "FILE:5: http.address = localhost: not an IPv4 or IPv6 address; allowed: an IPv4 or IPv6 "
                  "address, 2 to 45 bytes",
                  "FILE:6: http.max-url-bytes = 64MB: not a size in bytes (such as 64KiB or 512MiB); "
                  "allowed: 256 to 64KiB",
                  "FILE:7: http.idle-timeout = 5: not a duration with its unit (such as 300ms, 5s or 1min); "
                  "allowed: 1s to 24h",
                  "FILE:8: http.max-json-depth = 8: a text in quotes where none belongs; allowed: 4 to 512",
                  "FILE:9: http.dialect = c: not a word known here; allowed: auto, a or b",
                  "FILE:11: log.format = 1: not a text in double quotes; allowed: json or text",
                  "FILE:13: isolation.fallback = true: a text in quotes where none belongs; allowed: "
                  "true or false",
                  "FILE:15: session.kill-grace = 99999999999999h: out of range; allowed: 10ms to 10min"));
}

TEST(config_load, finds_duplicates_over_sections_given_twice) {
  EXPECT_THAT(problems_of_file("[http]\nport = 1\n[log]\n[http]\nport = 1\n"),
              ElementsAre("FILE:5: http.port = 1: given twice, first at FILE:2"));
}

TEST(config_load, suggests_the_nearest_key_but_no_far_one) {
  EXPECT_THAT(problems_of_file("[session]\nkil-grace = 1s\n[entirely]\ndifferent = 1\n"),
              ElementsAre("FILE:2: session.kil-grace = 1s: unknown key; did you mean session.kill-grace?",
                          "FILE:4: entirely.different = 1: unknown key; see --help"));
}

TEST(config_load, takes_sizes_and_durations_with_and_without_quotes) {
  const temporary_file file(
      "[http]\nmax-url-bytes = \"4KiB\"\nmax-header-bytes = 2048\nidle-timeout = \"5s\"\n"
      "body-timeout = 1min\n");
  const auto loaded = good(load_with({file.flag()})).values.http;
  EXPECT_EQ(loaded.max_url_bytes, 4096u);
  EXPECT_EQ(loaded.max_header_bytes, 2048u);
  EXPECT_EQ(loaded.idle_timeout, 5s);
  EXPECT_EQ(loaded.body_timeout, 60s);
}

TEST(config_load, takes_whole_seconds_alone_for_the_windows_of_restarts) {
  EXPECT_THAT(
      problems_of({"--supervision.period=1999ms"}, {}),
      ElementsAre("flag --supervision.period: supervision.period = 1999ms: not a multiple of 1s; allowed: "
                  "1s to 24h, a multiple of 1s"));
  EXPECT_EQ(good(load_with({"--supervision.session-period=2000ms"})).values.supervision.session_period, 2s);
}

TEST(config_load, names_the_variable_and_the_flag_of_a_problem) {
  EXPECT_THAT(
      problems_of({}, {{"INTERPRETER_SPAWN_TIMEOUT_MS", "soon"}}),
      ElementsAre("variable INTERPRETER_SPAWN_TIMEOUT_MS: interpreter.start-timeout = soon: not a duration "
                  "with its unit (such as 300ms, 5s or 1min); allowed: 100ms to 1h"));
  EXPECT_THAT(problems_of({}, {{"SANDBOXD_HTTP_PRT", "1"}}),
              ElementsAre("variable SANDBOXD_HTTP_PRT: sets no key; see --help"));
  EXPECT_THAT(
      problems_of({"--http.port=x", "--http.prot=1", "--http.port=2", "--http.port", "--what", "-p", "--x"}),
      ElementsAre("flag --http.port: has no value; write it with =VALUE", "flag --what: unknown; see --help",
                  "flag -p: unknown; see --help", "flag --x: unknown; see --help",
                  "flag --http.port: http.port = x: not a whole number; allowed: 0 to 65535 (0 = the system "
                  "chooses)",
                  "flag --http.prot: http.prot = 1: unknown key; did you mean http.port?",
                  "flag --http.port: http.port = 2: given twice, first at flag --http.port"));
}

TEST(config_load, ignores_variables_that_only_look_like_ours) {
  EXPECT_EQ(good(load_with({}, {{"SANDBOXD_SERVICE_HOST", "x"}, {"SANDBOXD_PORT", "tcp://x"}, {"PATH", "/"}}))
                .values.http.port,
            3000);
}

TEST(config_load, checks_keys_against_each_other) {
  EXPECT_THAT(
      problems_of({"--http.max-body-bytes=2GiB"}),
      ElementsAre("flag --http.max-body-bytes: http.max-body-bytes = 2GiB: exceeds http.max-buffered-bytes = "
                  "1GiB (default)"));
  EXPECT_THAT(
      problems_of({"--interpreter.python-pool-min-size=5"}, {{"PYTHON_POOL_MAX_SIZE", "4"}}),
      ElementsAre("flag --interpreter.python-pool-min-size: interpreter.python-pool-min-size = 5: exceeds "
                  "interpreter.python-pool-max-size = 4 (variable PYTHON_POOL_MAX_SIZE)"));
  EXPECT_EQ(good(load_with({"--interpreter.python-pool-min-size=5"})).values.interpreter.python.max_size, 0u);
}

TEST(config_load, refuses_one_port_for_two) {
  EXPECT_THAT(problems_of({"--http.port=7676"}),
              ElementsAre("default: inspector.port = 7676: is http.port (flag --http.port)"));
  good(load_with({"--http.port=7676", "--inspector.enabled=false"}));
  good(load_with({"--http.port=0", "--inspector.port=0"}));
}

TEST(config_load, refuses_mounts_where_isolation_is_strict) {
  EXPECT_THAT(
      problems_of({"--isolation.level=strict"}, {{"SANDBOXD_ISOLATION_ALLOW_MOUNTS", "true"}}),
      ElementsAre("variable SANDBOXD_ISOLATION_ALLOW_MOUNTS: isolation.allow-mounts = true: cannot go "
                  "with isolation.level = strict (flag --isolation.level)"));
  EXPECT_TRUE(good(load_with({"--isolation.allow-mounts=true"})).values.isolation.allow_mounts);
}

TEST(config_load, refuses_places_that_nobody_may_open_to_workloads) {
  for (const std::string path : {"tmp", "/", "//", "/tmp/..", "/proc", "/proc/self", "/dev/shm", "/sys/"})
    EXPECT_THAT(problems_of({"--isolation.writable=/tmp," + path}),
                ElementsAre("flag --isolation.writable: isolation.writable = /tmp," + path + ": '" + path +
                            "' is no absolute path of a directory that workloads may write"));
  EXPECT_EQ(good(load_with({"--isolation.writable=/device,/srv/proc/"})).values.isolation.writable,
            "/device,/srv/proc/");
  EXPECT_EQ(good(load_with({"--isolation.writable="})).values.isolation.writable, "");
}

TEST(config_load, lowers_a_default_to_a_bound_that_was_set) {
  const auto loaded = good(load_with({"--http.max-buffered-bytes=1MiB"}, {{"PYTHON_POOL_MAX_SIZE", "2"}}));
  EXPECT_EQ(loaded.values.http.max_body_bytes, 1u << 20);
  EXPECT_EQ(loaded.values.interpreter.python.min_size, 2u);
  EXPECT_EQ(loaded.sources.at("interpreter.python-pool-min-size"),
            "lowered to interpreter.python-pool-max-size");
}

/// The image sets *_POOL_MIN_SIZE to the defaults of HTTP.md 16.1; `docker run -e PYTHON_POOL_MAX_SIZE=2`
/// must start.
TEST(config_load, lowers_a_default_that_was_written_down) {
  const auto loaded = good(load_with({}, {{"PYTHON_POOL_MIN_SIZE", "3"}, {"PYTHON_POOL_MAX_SIZE", "2"}}));
  EXPECT_EQ(loaded.values.interpreter.python.min_size, 2u);
  EXPECT_EQ(loaded.values.interpreter.python.max_size, 2u);
  EXPECT_EQ(loaded.sources.at("interpreter.python-pool-min-size"),
            "lowered to interpreter.python-pool-max-size");
}

TEST(config_load, finds_the_file_by_flag_before_variable_and_says_when_it_is_missing) {
  const temporary_file one("[http]\nport = 1\n");
  const temporary_file two("[http]\nport = 2\n");
  EXPECT_EQ(good(load_with({}, {{"SANDBOXD_CONFIG_FILE", one.path()}})).values.http.port, 1);
  EXPECT_EQ(good(load_with({two.flag()}, {{"SANDBOXD_CONFIG_FILE", one.path()}})).values.http.port, 2);
  EXPECT_THAT(problems_of({"--config-file=/nowhere/sandboxd.conf"}),
              ElementsAre("/nowhere/sandboxd.conf: cannot be read: No such file or directory"));
  EXPECT_THAT(problems_of({"--config-file=/"}), ElementsAre("/: cannot be read: Is a directory"));
  EXPECT_THAT(problems_of({"--config-file=/dev/zero"}), ElementsAre("/dev/zero: longer than 1048576 bytes"));
  EXPECT_THAT(problems_of({"--config-file="}), ElementsAre(HasSubstr("cannot be read")));
}

TEST(config_load, takes_the_first_bare_argument_and_all_after_it_as_the_supervised_command) {
  EXPECT_THAT(good(load_with({"--http.port=1", "node", "server.js", "--port=8080"})).command,
              ElementsAre("node", "server.js", "--port=8080"));
  EXPECT_THAT(good(load_with({"--", "--odd", "x"})).command, ElementsAre("--odd", "x"));
  EXPECT_THAT(good(load_with({"sh", "--", "x"})).command, ElementsAre("sh", "--", "x"));
  EXPECT_THAT(good(load_with({"--"})).command, ElementsAre());
}

std::string text_of(const outcome& loaded) {
  const auto* exit = std::get_if<early_exit>(&loaded);
  EXPECT_NE(exit, nullptr);
  if (exit == nullptr)
    return {};
  EXPECT_EQ(exit->code, 0);
  return exit->text;
}

TEST(config_load, answers_help_and_version_whatever_else_is_wrong) {
  EXPECT_EQ(text_of(load_with({"--what", "--help"})), help());
  EXPECT_EQ(text_of(load_with({"-h"})), help());
  EXPECT_EQ(text_of(load_with({"--http.port=x", "--version"})), version());
  EXPECT_THAT(version(), testing::MatchesRegex("sandboxd [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  for (const auto& key : table()) {
    EXPECT_THAT(help(), HasSubstr("--" + std::string(key.name) + "="));
    EXPECT_THAT(help(), HasSubstr(variable_of(key.name)));
  }
}

TEST(config_load, leaves_a_flag_of_the_supervised_command_alone) {
  EXPECT_THAT(good(load_with({"program", "--help"})).command, ElementsAre("program", "--help"));
}

TEST(config_load, checks_without_starting) {
  EXPECT_EQ(text_of(load_with({"--check-config"})), "The configuration is good.\n");
  EXPECT_THAT(problems_of({"--check-config", "--http.port=x"}), testing::SizeIs(1));
  EXPECT_THAT(problems_of({"--print-config", "--http.port=x"}), testing::SizeIs(1));
}

TEST(config_load, prints_settings_that_load_again_as_they_were) {
  const std::vector<std::string> arguments{"--http.port=0",
                                           "--http.max-url-bytes=1025",
                                           "--session.command-timeout=1500ms",
                                           "--sandbox.placement-id=a \"b\" \\; c",
                                           "--log.level=debug",
                                           "--isolation.fallback=false"};
  auto printing = arguments;
  printing.emplace_back("--print-config");
  const auto text = text_of(load_with(printing));
  EXPECT_THAT(text, HasSubstr("[http]\naddress = \"127.0.0.1\" ; default\nport = 0 ; flag --http.port\n"));

  const temporary_file file(text);
  const auto again = good(load_with({file.flag()}));
  const auto original = good(load_with(arguments));
  for (const auto& key : table()) {
    EXPECT_EQ(key.get(again.values), key.get(original.values)) << key.name;
    EXPECT_THAT(again.sources.at(key.name), HasSubstr(file.path())) << key.name;
  }
}

TEST(config_load, reads_arguments_and_environment_of_main) {
  const std::vector<const char*> argv{"sandboxd", "--http.port=1", "x", nullptr};
  const std::vector<const char*> environment{"A=1=2", "EMPTY=", "nonsense", nullptr};
  const auto how = invocation_of(3, argv.data(), environment.data());
  EXPECT_THAT(how.arguments, ElementsAre("--http.port=1", "x"));
  EXPECT_EQ(how.environment, (std::map<std::string, std::string>{{"A", "1=2"}, {"EMPTY", ""}}));
}

TEST(config_load, refuses_a_policy_for_the_network_that_could_not_hold) {
  EXPECT_THAT(
      problems_of({"--network.egress=none", "--isolation.level=none"}),
      ElementsAre("flag --network.egress: network.egress = none: cannot be enforced with isolation.level = "
                  "none, where workloads are in no groups"));
  EXPECT_THAT(problems_of({"--network.egress=none", "--isolation.allow-mounts=true"}),
              ElementsAre("flag --network.egress: network.egress = none: cannot be enforced with "
                          "isolation.allow-mounts, by which workloads leave their groups"));
  EXPECT_THAT(
      problems_of({"--network.egress=listed", "--network.allow=10.0.0.1", "--isolation.level=strict"}),
      ElementsAre("flag --network.egress: network.egress = listed: nothing can be reached with "
                  "isolation.level = strict, where workloads have a network of their own; allowed: open or "
                  "none"));
  EXPECT_THAT(problems_of({"--network.egress=none", "--isolation.level=strict"}), ElementsAre());
}

TEST(config_load, refuses_destinations_that_are_none_or_have_no_effect) {
  EXPECT_THAT(
      problems_of({"--network.egress=listed", "--network.allow=10.0.0.1,10.0.0.1/8"}),
      ElementsAre(
          "flag --network.allow: network.allow = 10.0.0.1,10.0.0.1/8: \"10.0.0.1/8\" is no block: the "
          "address has bits beyond its first 8; allowed: IPv4 or IPv6 addresses, blocks of them (such "
          "as 10.0.0.0/8) and names of hosts, separated by commas, 0 to 16384 bytes"));
  for (const char* policy : {"open", "none"})
    EXPECT_THAT(
        problems_of({std::string("--network.egress=") + policy, "--network.allow=10.0.0.1"}),
        ElementsAre("flag --network.allow: network.allow = 10.0.0.1: has no effect unless network.egress is "
                    "listed"));
}

} // namespace
} // namespace sandboxd::config
