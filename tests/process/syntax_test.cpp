#include "tests/process/daemon_fixture.hpp"

#include <ostream>
#include <string>

/// Commands that are no good bash, and commands that could break what drives the shell: all end, and the
/// session is intact.
namespace sandboxd::testing {
namespace {

struct broken {
  const char* name;
  const char* command;
};
std::ostream& operator<<(std::ostream& to, const broken& what) {
  return to << what.command;
}

constexpr broken errors[] = {
    {"single_quote", "echo 'never closed"},
    {"double_quote", "echo \"never closed"},
    {"brace", "{ echo open"},
    {"parenthesis", "(echo open"},
    {"closing_brace", "}"},
    {"closing_parenthesis", "echo a)"},
    {"if_without_fi", "if true; then echo a"},
    {"loop_without_done", "while true; do echo a"},
    {"case_without_esac", "case a in a) echo b"},
    {"double_semicolon", ";;"},
    {"lone_pipe", "| cat"},
    {"substitution", "echo $(echo open"},
    {"arithmetic", "echo $(( 1 + "},
    {"dangling_operator", "true && # nothing"},
};

class syntax_error : public daemon_test, public ::testing::WithParamInterface<broken> {};
INSTANTIATE_TEST_SUITE_P(of, syntax_error, ::testing::ValuesIn(errors), name_of_case());

TEST_P(syntax_error, is_status_2_with_a_message_and_leaves_the_session_intact) {
  const auto shell = b.output("s", "kept=1; echo $$");
  const auto answered = b.execute("s", GetParam().command);
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body.at("exitCode"), 2);
  EXPECT_NE(answered.body.at("stderr"), "");
  EXPECT_EQ(answered.body.dump().find("sandboxd_"), std::string::npos) << answered.body;
  EXPECT_EQ(b.output("s", "echo $$; echo $kept"), shell + "\n1");
}

class odd_command : public each_generation {};
FOR_EACH_GENERATION(odd_command);

TEST_P(odd_command, an_unterminated_here_document_ends_with_the_command) {
  EXPECT_EQ(run("cat <<END\nfirst\nsecond\n"), shown("first\nsecond\n"));
  EXPECT_EQ(run("cat <<END\nfirst\nsecond"), shown("first\nsecond\n"));
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(odd_command, a_here_document_is_read_as_written) {
  EXPECT_EQ(run("cat <<'END'\n$x `y` \\z\nEND\necho \"$((1+1))\"; cat <<< word"),
            shown("$x `y` \\z\n2\nword\n"));
}

TEST_P(odd_command, a_final_backslash_swallows_nothing) {
  EXPECT_EQ(sdk().execute("s", "echo a \\").body.at("exitCode"), 0);
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(odd_command, a_final_comment_swallows_nothing) {
  EXPECT_EQ(sdk().execute("s", "(exit 4) # comment").body.at("exitCode"), 4);
  EXPECT_EQ(run("echo next"), shown("next\n"));
}

TEST_P(odd_command, several_lines_are_one_command) {
  EXPECT_EQ(run("for i in 1 2\ndo\n  echo $i\ndone\n\n\nfalse\necho $?"), shown("1\n2\n1\n"));
}

TEST_P(odd_command, carriage_returns_and_tabs_pass) {
  EXPECT_EQ(run("printf '%s' \"a\tb\""), "a\tb");
}

TEST_P(odd_command, one_megabyte_passes) {
  const std::string text(1 << 20, 'x');
  EXPECT_EQ(run("text='" + text + "'; echo ${#text}"), shown("1048576\n"));
  EXPECT_EQ(run("printf %s \"$text\""), text);
}

TEST_P(odd_command, one_megabyte_of_lines_passes) {
  std::string command = "n=0\n";
  while (command.size() < (1U << 20))
    command += "n=$((n+1))\n";
  const auto lines = (command.size() - 4) / 11;
  EXPECT_EQ(run(command + "echo $n"), shown(std::to_string(lines) + "\n"));
}

TEST_P(odd_command, functions_named_like_builtins_do_not_break_the_session) {
  run("echo() { printf mine; }; cd() { :; }; eval() { :; }; read() { :; }; unset() { :; }; export() { :; }; "
      "trap() { :; }; kill() { :; }; exit() { :; }; set() { :; }");
  EXPECT_EQ(run("echo a"), "mine");
  if (GetParam() == generation::b) {
    EXPECT_EQ(run("printf %s \"$X $PWD\"", {{"env", {{"X", "1"}}}, {"cwd", "/usr"}}), "1 /usr");
    EXPECT_EQ(run("printf %s \"${X-unset} $PWD\""), "unset " + daemon.workspace().string());
  }
  EXPECT_EQ(run("builtin echo next"), shown("next\n"));
}

TEST_P(odd_command, what_prompts_and_traps_print_is_no_answer) {
  run("PROMPT_COMMAND='echo prompt'; PS1='prompt> '; PS2=more; trap 'echo debug >&2' DEBUG");
  EXPECT_EQ(run("echo a"), shown("a\n"));
  EXPECT_EQ(sdk().execute("s", "(exit 3)").body.at("exitCode"), 3);
  run("trap - DEBUG");
  const auto answered = sdk().execute("s", "echo b");
  EXPECT_EQ(answered.body.at("stdout"), shown("b\n"));
  EXPECT_EQ(answered.body.at("stderr"), "");
}

TEST_P(odd_command, tracing_shows_the_command_and_nothing_of_the_server) {
  run("set -x");
  const auto answered = sdk().execute("s", "echo traced");
  EXPECT_EQ(answered.body.at("stdout"), shown("traced\n"));
  EXPECT_NE(answered.body.at("stderr").get<std::string>().find("+ echo traced"), std::string::npos);
  EXPECT_EQ(answered.body.at("stderr").get<std::string>().find("sandboxd"), std::string::npos)
      << answered.body.at("stderr");
}

TEST_P(odd_command, no_shell_option_breaks_the_session) {
  for (const std::string option :
       {"-a", "-b", "-f", "-h", "-k", "-m", "-p", "-u", "-v", "-x", "-C", "-E", "-P", "-T", "+B",
        "-o pipefail", "-o posix", "-o ignoreeof", "-o noglob"}) {
    const std::string session = "option" + std::to_string(option.size()) + option.substr(option.size() - 1);
    ASSERT_EQ(sdk().create(session).status, 200);
    sdk().output(session, "set " + option);
    EXPECT_EQ(sdk().output(session, "echo first"), shown("first\n")) << option;
    EXPECT_EQ(sdk().execute(session, "(exit 6)").body.at("exitCode"), 6) << option;
    EXPECT_EQ(sdk().output(session, "echo second"), shown("second\n")) << option;
    if (GetParam() == generation::b) {
      EXPECT_EQ(sdk().output(session, "echo $X $PWD", {{"env", {{"X", "1"}}}, {"cwd", "/usr"}}), "1 /usr")
          << option;
      EXPECT_EQ(sdk().execute(session, "sleep 4711", {{"timeoutMs", 100}}).body.at("httpStatus"), 500)
          << option;
      EXPECT_EQ(sdk().output(session, "echo ${X-unset}"), "unset") << option;
    }
    sdk().remove(session);
  }
}

TEST_P(odd_command, history_is_not_expanded) {
  EXPECT_EQ(run("echo hello!; echo \"!!\" !1"), shown("hello!\n!! !1\n"));
}

class empty_command : public daemon_test {};

TEST_F(empty_command, is_refused_in_dialect_a) {
  ASSERT_EQ(a.create("s").status, 200);
  const auto answered = a.execute("s", "");
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(answered.body.at("error"), "Session ID and command are required");
}

TEST_F(empty_command, runs_in_dialect_b) {
  for (const char* const command : {"", "   ", "\n\n", "# only a comment"}) {
    const auto answered = b.execute("s", command);
    EXPECT_EQ(answered.status, 200) << command;
    EXPECT_EQ(answered.body.at("exitCode"), 0) << command;
    EXPECT_EQ(answered.body.at("stdout"), "") << command;
  }
}

} // namespace
} // namespace sandboxd::testing
