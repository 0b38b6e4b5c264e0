#include "tests/launcher/shell_world.hpp"

namespace sandboxd::launcher {
namespace {

/// HTTP.md 4.4: variables and directory of one command are those of this command alone.
class command_environment : public testing::in_shell {
protected:
  testing::observed_command_ptr run_with(std::string text, shell_script::variables variables,
                                         std::string where = {}) {
    return run(shell_command{
        .text = std::move(text), .environment = std::move(variables), .directory = std::move(where)});
  }
};
INSTANTIATE_TEST_SUITE_P(session, command_environment, ::testing::Bool(), testing::isolation_name);

TEST_P(command_environment, is_exported_and_taken_back) {
  for (const std::string before :
       {"unset V", "V=1", "export V=1", "V=", "export V", "V=(a 'b c' '')", "declare -A V=([k]='v w' [l]=)",
        "declare -i V=4", "declare -l V=low", "V=$'line\\nline'", "V=\"it's\""}) {
    for (const std::string what : {":", "V=other", "unset V", "export -n V", "declare -a V"}) {
      run("unset V; " + before);
      const auto kept = out("declare -p V 2>/dev/null || echo unset");
      const auto command = run_with("bash -c 'echo \"$V\"'; " + what, {{"V", "it's\nfor this $one"}});
      if (!before.starts_with("V=(") && !before.starts_with("declare")) {
        EXPECT_EQ(command->out(), "it's\nfor this $one\n") << before;
      }
      EXPECT_EQ(out("declare -p V 2>/dev/null || echo unset"), kept) << before << "; " << what;
    }
  }
}

TEST_P(command_environment, leaves_a_readonly_variable_as_it_is) {
  run("readonly V=fixed");
  run_with("true", {{"V", "other"}, {"W", "w"}});
  EXPECT_EQ(out("echo $V ${W-unset}"), "fixed unset\n");
}

TEST_P(command_environment, holds_several_variables) {
  EXPECT_EQ(run_with("echo $A$B$C", {{"A", "1"}, {"B", ""}, {"C", "3"}})->out(), "13\n");
  EXPECT_EQ(out("echo ${A-u}${B-u}${C-u}"), "uuu\n");
}

TEST_P(command_environment, is_taken_back_after_failures_too) {
  for (const std::string text : {"false", "echo ${nope?}", "return 3", "echo 'open", "set -u; echo $nope"}) {
    const auto command = run_with(text, {{"V", "1"}}, "/usr");
    EXPECT_NE(command->exit_code(), 0) << text;
    EXPECT_EQ(out("set +u; echo ${V-unset} $PWD"), "unset " + directory.path() + "\n") << text;
  }
}

TEST_P(command_environment, works_under_nounset) {
  run("set -u");
  const auto command = run_with("echo $NEW", {{"NEW", "1"}}, "/usr");
  EXPECT_EQ(command->out(), "1\n");
  EXPECT_EQ(command->exit_code(), 0);
  EXPECT_EQ(out("echo ${NEW-unset}"), "unset\n");
}

TEST_P(command_environment, lets_what_else_the_command_did_persist) {
  run_with("other=1; f() { echo f; }; false", {{"V", "1"}});
  EXPECT_EQ(out("echo $other; f"), "1\nf\n");
}

TEST_P(command_environment, reports_the_status_of_the_command) {
  for (const int code : {0, 1, 42, 255})
    EXPECT_EQ(run_with("(exit " + std::to_string(code) + ")", {{"V", "1"}})->exit_code(), code);
  EXPECT_EQ(run_with("exit 9", {{"V", "1"}})->result().how, command_result::ending::shell_ended);
}

TEST_P(command_environment, enters_a_directory_for_this_command_alone) {
  EXPECT_EQ(run_with("pwd; cd /", {}, "/usr/bin")->out(), "/usr/bin\n");
  EXPECT_EQ(out("pwd"), directory.path() + "\n");
  run("cd /etc; cd /usr");
  run_with("true", {}, "/");
  EXPECT_EQ(out("pwd; echo $OLDPWD; cd - "), "/usr\n/etc\n/etc\n");
}

/// A command that is called back early has saved nothing.
TEST_P(command_environment, is_not_taken_back_when_it_was_never_given) {
  run("V=kept; cd /usr");
  run(shell_script::restore_script({{"V", "1"}}, "/"));
  EXPECT_EQ(out("echo $V $PWD"), "kept /usr\n");
}

TEST_P(command_environment, tells_when_the_directory_cannot_be_entered) {
  const auto command = run_with("echo unreachable", {{"V", "1"}}, directory / "no such'place");
  EXPECT_EQ(command->result().how, command_result::ending::exited);
  EXPECT_EQ(command->exit_code(), 1);
  EXPECT_EQ(command->out(), "");
  EXPECT_EQ(command->err(), "Failed to change directory to '" + directory / "no such'place'\n");
  EXPECT_EQ(out("echo ${V-unset} $PWD"), "unset " + directory.path() + "\n");
}

TEST_P(command_environment, reaches_forks) {
  const auto command =
      fork({.text = "echo $V $PWD; exit 4", .environment = {{"V", "1"}}, .directory = "/usr"});
  EXPECT_EQ(command->out(), "1 /usr\n");
  EXPECT_EQ(command->exit_code(), 4);
  EXPECT_EQ(out("echo ${V-unset} $PWD"), "unset " + directory.path() + "\n");
  const auto lost = fork({.text = "echo unreachable", .directory = directory / "missing"});
  EXPECT_EQ(lost->exit_code(), 1);
  EXPECT_EQ(lost->err(), "Failed to change directory to '" + directory / "missing'\n");
}

TEST_P(command_environment, a_directory_found_by_cdpath_is_not_printed) {
  run("mkdir -p elsewhere/here; CDPATH=elsewhere");
  EXPECT_EQ(run_with("echo text", {}, "here")->out(), "text\n");
}

} // namespace
} // namespace sandboxd::launcher
