/// The same random scripts run on OTP's supervisor and on this library's; the logs must not differ.
///
///     supervision_otp_differential_test [--scripts N] [--seed S]
///
/// Without a seed each run draws a new one; it is printed, and so is every script with a difference.

#include "tests/supervision/otp/player.hpp"
#include "tests/supervision/otp/script.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::supervision::differential {
namespace {

std::size_t number_of_scripts = 2000;
std::uint64_t seed = std::random_device{}();

/// The standard output of a command line, empty when it fails.
std::string output_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe{::popen(command.c_str(), "r"), ::pclose};
  std::string text;
  std::array<char, 4096> buffer{};
  while (const auto count = pipe ? std::fread(buffer.data(), 1, buffer.size(), pipe.get()) : 0)
    text.append(buffer.data(), count);
  return text;
}

/// A directory that is removed at the end.
class scratch_directory {
public:
  scratch_directory() {
    auto name = (std::filesystem::temp_directory_path() / "otp-differential-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr)
      throw std::runtime_error("mkdtemp failed");
    path_ = name;
  }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  ~scratch_directory() { std::filesystem::remove_all(path_); }

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string string() const { return path_.string(); }

private:
  std::filesystem::path path_;
};

std::vector<script> make_scripts(std::size_t count) {
  std::vector<script> scripts;
  for (std::size_t number = 0; number < count; ++number)
    scripts.push_back(make_script(seed, number));
  return scripts;
}

/// What OTP did, per script. Lines of the file: "<script> <step> <channel> <text>".
std::vector<log> read_logs(const std::string& file, std::size_t count) {
  std::vector<log> logs(count);
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    std::istringstream words{line};
    std::size_t number = 0;
    int step = 0;
    std::string channel;
    std::string text;
    words >> number >> step >> channel;
    std::getline(words >> std::ws, text);
    logs.at(number)[{step, channel}].push_back(text);
  }
  return logs;
}

std::string show(const log& lines, int step) {
  std::string text;
  for (const auto& [place, texts] : lines)
    if (place.first == step)
      for (const auto& line : texts)
        text += "    " + place.second + ": " + line + "\n";
  return text;
}

/// The script and the first step that differs, for people.
std::string explain(const script& script, const log& otp, const log& ours) {
  auto step = 0;
  while (show(otp, step) == show(ours, step))
    ++step;
  std::ostringstream text;
  write(text, {script});
  text << "step " << step << "\n  OTP:\n" << show(otp, step) << "  this library:\n" << show(ours, step);
  return text.str();
}

/// The scripts and what OTP makes of them; computed once.
class otp_differential : public ::testing::Test {
protected:
  void SetUp() override {
    if (output_of("command -v erl").empty() || output_of("command -v erlc").empty())
      GTEST_SKIP() << "Erlang/OTP is not installed (package erlang-base)";
    const auto library = output_of("erl -noshell -eval 'io:put_chars(code:lib_dir(stdlib)), halt().' 2>&1");
    ASSERT_TRUE(library.starts_with('/')) << library;
    source_ = library + "/src/supervisor.erl";
    if (!std::filesystem::exists(source_))
      GTEST_SKIP() << "the sources of Erlang/OTP are not installed (package erlang-src): no " << source_;
    std::cout << "scripts " << number_of_scripts << ", seed " << seed << '\n';
  }

  std::vector<log> run_otp(const std::vector<script>& scripts) {
    const scratch_directory scratch;
    {
      std::ofstream file{scratch.file("scripts")};
      write(file, scripts);
    }
    const std::string here = SANDBOXD_OTP_HARNESS_DIRECTORY;
    const auto command = "erlc -o " + scratch.string() + " " + here + "/otp_harness.erl 2>&1 && " +
                         "erl -noshell +S 1:1 -pa " + scratch.string() + " -run otp_harness main " + source_ +
                         " " + here + " " + scratch.file("scripts") + " " + scratch.file("log") + " 2>&1";
    EXPECT_EQ(output_of(command), "");
    auto logs = read_logs(scratch.file("log"), scripts.size());
    for (std::size_t number = 0; number < scripts.size(); ++number)
      normalize(logs[number], scripts[number]);
    return logs;
  }

  /// Scripts in which `rule` makes this library differ from OTP. Shows the first few when asked.
  static std::size_t differences(const std::vector<script>& scripts, const std::vector<log>& otp,
                                 const restart_rule& rule, std::vector<coverage>& covered, bool explained) {
    std::size_t count = 0;
    for (std::size_t number = 0; number < scripts.size(); ++number) {
      auto ours = play(scripts[number], rule, covered.emplace_back());
      normalize(ours, scripts[number]);
      if (ours == otp[number])
        continue;
      if (++count <= 3 && explained)
        ADD_FAILURE() << "script " << number << " of seed " << seed << ":\n"
                      << explain(scripts[number], otp[number], ours);
    }
    return count;
  }

private:
  std::string source_;
};

template <class Member>
std::size_t count(const std::vector<coverage>& covered, Member member) {
  return static_cast<std::size_t>(
      std::count_if(covered.begin(), covered.end(), [=](const auto& c) { return c.*member; }));
}

TEST_F(otp_differential, supervisors_do_what_otp_does) {
  const auto scripts = make_scripts(number_of_scripts);
  const auto otp = run_otp(scripts);
  std::vector<coverage> covered;
  const auto different = differences(scripts, otp, decide, covered, true);

  std::size_t restarts = 0;
  for (const auto& one : covered)
    restarts += one.restarts;
  const auto percent = [&](std::size_t part) { return 100 * part / scripts.size(); };
  const auto slid = count(covered, &coverage::slid);
  const auto edge = count(covered, &coverage::hit_edge);
  const auto twice = count(covered, &coverage::escalated_twice);
  std::cout << "differences " << different << " in " << scripts.size() << " scripts; restarts " << restarts
            << "; window slid in " << slid << " (" << percent(slid) << " %), edge second hit in " << edge
            << " (" << percent(edge) << " %); a nested supervisor gave up in "
            << count(covered, &coverage::escalated) << ", then the top too in " << twice << " ("
            << percent(twice) << " %)\n";
  EXPECT_EQ(different, 0u);
  if (scripts.size() >= 1000) { // in fewer chance rules
    EXPECT_GE(percent(slid), 30u);
    EXPECT_GE(percent(edge), 10u);
    EXPECT_GE(percent(twice), 20u);
  }
}

/// A rule that begins every window of a supervisor with another one.
template <class Change>
restart_rule with_window(Change change) {
  return [change](restart_question question) {
    if (question.history.count() == 0)
      question.history = change(question.history);
    return decide(question);
  };
}

/// Ways to get the rule wrong. Each must show, or the comparison proves nothing.
const std::vector<std::pair<std::string, restart_rule>>& mutations() {
  using std::chrono::seconds;
  static const std::vector<std::pair<std::string, restart_rule>> all{
      {"a restart exactly one period old does not count", with_window([](const restart_window& w) {
         return restart_window{w.intensity(), w.period() - seconds{1}};
       })},
      {"the window is a second too long", with_window([](const restart_window& w) {
         return restart_window{w.intensity(), w.period() + seconds{1}};
       })},
      {"one restart too many is allowed", with_window([](const restart_window& w) {
         return restart_window{w.intensity() + 1, w.period()};
       })},
      {"a transient child is restarted after shutdown",
       [](restart_question question) {
         if (question.cause && question.cause->kind == exit_kind::shutdown)
           question.cause->kind = exit_kind::failure;
         return decide(question);
       }},
      {"a killed child counts as shut down",
       [](restart_question question) {
         if (question.cause && question.cause->kind == exit_kind::killed)
           question.cause->kind = exit_kind::shutdown;
         return decide(question);
       }},
      {"a permanent child may end normally",
       [](const restart_question& question) {
         if (question.cause && question.cause->kind == exit_kind::normal)
           return verdict{verdict::action::rest, {}, question.history};
         return decide(question);
       }},
      {"a temporary child's spec is kept",
       [](const restart_question& question) {
         auto result = decide(question);
         if (result.what == verdict::action::forget && question.strategy != strategy::dynamic)
           result.what = verdict::action::rest;
         return result;
       }},
      {"rest_for_one restarts the child alone",
       [](restart_question question) {
         if (question.strategy == strategy::rest_for_one)
           question.strategy = strategy::one_for_one;
         return decide(question);
       }},
      {"siblings are stopped in start order",
       [](const restart_question& question) {
         auto result = decide(question);
         std::reverse(result.group.stop.begin(), result.group.stop.end());
         return result;
       }},
      {"a failed restart does not count",
       [](const restart_question& question) {
         auto result = decide(question);
         if (!question.cause) {
           result.history = question.history;
           result.what = verdict::action::restart;
           result.group = group_of(question.strategy, question.children, question.failed);
         }
         return result;
       }},
  };
  return all;
}

TEST_F(otp_differential, finds_every_mutated_rule) {
  const auto scripts = make_scripts(std::min<std::size_t>(number_of_scripts, 300));
  const auto otp = run_otp(scripts);
  for (const auto& [name, rule] : mutations()) {
    std::vector<coverage> covered;
    const auto found = differences(scripts, otp, rule, covered, false);
    std::cout << "\"" << name << "\" shows in " << found << " of " << scripts.size() << " scripts\n";
    EXPECT_GT(found, 0u) << name;
  }
}

} // namespace
} // namespace sandboxd::supervision::differential

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  using namespace sandboxd::supervision::differential;
  for (int position = 1; position + 1 < argc; position += 2) {
    const std::string option = argv[position];
    const auto value = std::stoull(argv[position + 1]);
    if (option == "--scripts")
      number_of_scripts = value;
    else if (option == "--seed")
      seed = value;
    else
      return std::cerr << "unknown option " << option << '\n', 2;
  }
  return RUN_ALL_TESTS();
}
