#include "launcher/shell_script.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace sandboxd::launcher::shell_script {
namespace {

const shell_files files{"/run/s/1", "0123456789abcdef"};

/// The value of a word made of '...' parts and \' only, as POSIX.1-2017, 2.2 reads it.
std::string read_word(std::string_view word) {
  std::string value;
  bool quoted = false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\'')
      quoted = !quoted;
    else if (quoted)
      value += word[i];
    else if (word[i] == '\\' && i + 1 < word.size())
      value += word[++i];
    else
      ADD_FAILURE() << "byte " << i << " of " << word << " is not quoted";
  }
  EXPECT_FALSE(quoted) << word;
  return value;
}

TEST(quote, makes_one_word) {
  EXPECT_EQ(quote(""), "''");
  EXPECT_EQ(quote("a b"), "'a b'");
  EXPECT_EQ(quote("it's"), "'it'\\''s'");
  EXPECT_EQ(quote("$(x)`y`\\\n\""), "'$(x)`y`\\\n\"'");
}

TEST(quote, keeps_any_bytes) {
  std::mt19937 random{20240601};
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 40, ' ');
    for (char& c : text)
      c = random() % 3 == 0 ? '\'' : static_cast<char>(1 + random() % 255);
    EXPECT_EQ(read_word(quote(text)), text);
  }
}

struct report_row {
  std::string line;
  std::optional<report> expected;
};

void expect_report(const report_row& row) {
  const auto found = parse_report(files, row.line);
  ASSERT_EQ(found.has_value(), row.expected.has_value()) << row.line;
  if (!found)
    return;
  EXPECT_EQ(found->what, row.expected->what) << row.line;
  EXPECT_EQ(found->number, row.expected->number) << row.line;
  EXPECT_EQ(found->value, row.expected->value) << row.line;
}

TEST(parse_report, reads_ours_and_nothing_else) {
  const std::string token = files.token;
  const auto done = report::kind::done;
  const auto forked = report::kind::forked;
  const report_row rows[] = {
      {token + "D1:0", report{done, 1, 0}},
      {token + "D18446744073709551615:255", report{done, 18446744073709551615u, 255}},
      {token + "F7:4711", report{forked, 7, 4711}},
      {"", std::nullopt},
      {"D1:0", std::nullopt},
      {token, std::nullopt},
      {token + "D", std::nullopt},
      {token + "D1", std::nullopt},
      {token + "D1:", std::nullopt},
      {token + "D:0", std::nullopt},
      {token + "X1:0", std::nullopt},
      {token + "d1:0", std::nullopt},
      {token + "D1:0 ", std::nullopt},
      {token + "D1:0x", std::nullopt},
      {token + "D 1:0", std::nullopt},
      {token + "D-1:0", std::nullopt},
      {token + "D1:99999999999", std::nullopt},
      {token + "D18446744073709551616:0", std::nullopt},
      {"fedcba9876543210D1:0", std::nullopt},
      {token.substr(1) + "D1:0", std::nullopt},
  };
  for (const auto& row : rows)
    expect_report(row);
}

TEST(parse_report, finds_a_report_behind_what_a_trap_printed_without_a_line_end) {
  expect_report({"from a DEBUG trap" + files.token + "D3:1", report{report::kind::done, 3, 1}});
  expect_report({files.token + "D2:0 said" + files.token + "D3:1", report{report::kind::done, 3, 1}});
}

TEST(parse_report, survives_garbage) {
  std::mt19937 random{7};
  const std::string alphabet = files.token + std::string("DF:0123456789 -\n\0x", 18);
  for (int round = 0; round < 20000; ++round) {
    std::string line = random() % 2 == 0 ? files.token : "";
    for (auto length = random() % 12; length > 0; --length)
      line += alphabet[random() % alphabet.size()];
    if (const auto found = parse_report(files, line)) {
      const char kind = found->what == report::kind::done ? 'D' : 'F';
      const auto text = files.token + kind;
      const auto begin = line.rfind(text);
      ASSERT_NE(begin, std::string::npos) << line;
      const auto colon = line.find(':', begin);
      ASSERT_NE(colon, std::string::npos) << line;
      EXPECT_EQ(std::stoull(line.substr(begin + text.size())), found->number) << line;
      EXPECT_EQ(std::stoi(line.substr(colon + 1)), found->value) << line;
    }
  }
}

const std::string keeps_status = "\n\n! ! \\\n[[ ${__sandboxd_status:=$?} ]] \\\n2>/dev/null";

TEST(command_text, is_followed_by_a_line_that_keeps_its_status) {
  for (const std::string command :
       {"true", "", "false && true", "echo 'a", "echo a \\", "echo a # b", "a;", "a &", "( true )",
        "echo $((1|2))", "echo a # b && c", "a && b # c\n# d\n", "# only", "echo a\n", "echo a |", "f()",
        "! ", "for ((;;))"})
    EXPECT_EQ(command_text(command), command + keeps_status);
}

TEST(command_text, is_unchanged_where_another_line_could_change_its_meaning) {
  // A here-document would swallow the line, an operator would be continued by it.
  for (const std::string command :
       {"cat <<E\nx\nE", "cat <<-E", "echo $((1<<2))", "echo a &&", "echo a || \n\t\n", "echo a && # b",
        "echo a && #b # c\n", "echo a ||\n# b\n  # c\n", "echo '#' && # b"})
    EXPECT_EQ(command_text(command), command);
}

TEST(run_script, reads_from_nothing_and_writes_into_the_fifos) {
  EXPECT_EQ(run_script(files),
            "builtin eval \"$(</run/s/1/command)\" </dev/null >/run/s/1/out 2>/run/s/1/err\n");
  EXPECT_EQ(run_inline_script(files),
            "builtin eval \"$__sandboxd_command\" </dev/null >/run/s/1/out 2>/run/s/1/err\n");
}

TEST(inline_lines, hand_the_text_of_a_short_command_over_quoted) {
  EXPECT_EQ(inline_lines(files, "echo 'a'"),
            "__sandboxd_command='echo '\\''a'\\''" + keeps_status + "';. /run/s/1/run-inline\n");
}

TEST(report_line, consumes_a_kept_status) {
  EXPECT_EQ(report_line(files, 12),
            "builtin echo \"0123456789abcdefD12:${__sandboxd_status:-$?}\";__sandboxd_status=;"
            "builtin unset -v TMOUT\n");
}

TEST(scripts, name_nothing_of_ours_but_with_our_prefix) {
  const variables environment{{"NAME", "va'lue"}};
  for (const auto& text :
       {start_script(), trap_line(), run_script(files), run_with_script(files, environment, "/d"),
        restore_script(environment, "/d"), fork_script(files, 3, environment, "/d"), keep_status_line(),
        report_line(files, 1), run_inline_script(files), inline_lines(files, "x")}) {
    // An assignment at the start of a line that is not of ours would be seen by the user.
    for (std::size_t begin = 0; begin < text.size(); begin = text.find('\n', begin) + 1) {
      const auto line = text.substr(begin, text.find('\n', begin) - begin);
      const auto equals = line.find('=');
      const auto space = line.find(' ');
      const auto name = line.substr(0, equals);
      // The one is bash's own, the other sets what bash calls itself and has no value of its own.
      if (equals != std::string::npos && equals < space && name != "OLDPWD" && name != "BASH_ARGV0") {
        EXPECT_TRUE(line.starts_with("__sandboxd_")) << line;
      }
    }
    EXPECT_EQ(text.back(), '\n');
  }
}

TEST(scripts, fit_the_shells_input_whole) {
  // A write of at most PIPE_BUF (4096 on Linux, pipe(7)) bytes into a pipe is atomic.
  const auto report = report_line(files, 18446744073709551615u);
  EXPECT_LT(
      (trap_line() + source_line(files, "with") + keep_status_line() + source_line(files, "restore") + report)
          .size(),
      1024u);
  const std::string worst(longest_inline_command, '\'');
  EXPECT_LT((trap_line() + inline_lines(files, worst) + report).size(), 4096u);
}

TEST(scripts, quote_what_the_client_gives) {
  const variables environment{{"NAME", "'; rm -rf x; '"}};
  const std::string quoted = "'\\''; rm -rf x; '\\'''";
  EXPECT_NE(run_with_script(files, environment, "").find("builtin printf -v NAME %s '" + quoted),
            std::string::npos);
  EXPECT_NE(fork_script(files, 1, environment, "").find("builtin printf -v NAME %s '" + quoted),
            std::string::npos);
  EXPECT_NE(run_with_script(files, {}, "/a'b").find("builtin cd -- '/a'\\''b'"), std::string::npos);
  EXPECT_NE(fork_script(files, 1, {}, "/a'b").find("builtin cd -- '/a'\\''b'"), std::string::npos);
}

TEST(restore_script, names_every_variable_saved) {
  variables environment;
  for (int i = 0; i < 12; ++i)
    environment.emplace_back("V" + std::to_string(i), "x");
  const auto with = run_with_script(files, environment, "");
  const auto restore = restore_script(environment, "");
  for (int i = 0; i < 12; ++i) {
    const auto number = std::to_string(i);
    EXPECT_NE(with.find("__sandboxd_saved_" + number + "=${V" + number + "[@]@A}\n"), std::string::npos);
    EXPECT_NE(restore.find("builtin unset -v V" + number + "\n"), std::string::npos);
    EXPECT_NE(restore.find("builtin eval \"$__sandboxd_saved_" + number + "\"\n"), std::string::npos);
  }
  EXPECT_EQ(restore.find("builtin cd"), std::string::npos) << "no directory was entered";
}

} // namespace
} // namespace sandboxd::launcher::shell_script
