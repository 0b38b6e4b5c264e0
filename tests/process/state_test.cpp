#include "tests/process/daemon_fixture.hpp"

/// What a session keeps from command to command, and what it does not (HTTP.md 4.1, 4.3, 4.4).
namespace sandboxd::testing {
namespace {

class session_state : public each_generation {};
FOR_EACH_GENERATION(session_state);

TEST_P(session_state, a_session_starts_in_the_workspace) {
  EXPECT_EQ(run("pwd"), shown(daemon.workspace().string() + "\n"));
}

TEST_P(session_state, the_working_directory_persists) {
  run("mkdir -p sub && cd sub");
  EXPECT_EQ(run("pwd"), shown((daemon.workspace() / "sub").string() + "\n"));
  EXPECT_EQ(run("cd - > /dev/null && pwd"), shown(daemon.workspace().string() + "\n"));
}

TEST_P(session_state, variables_persist_and_are_not_exported) {
  run("plain='two  spaces'; array=(1 '2 3')");
  EXPECT_EQ(run("echo \"$plain\" \"${array[1]}\""), shown("two  spaces 2 3\n"));
  EXPECT_EQ(run("env | grep -c ^plain= || true"), shown("0\n"));
}

TEST_P(session_state, exported_variables_persist_and_reach_programs) {
  run("export EXPORTED=yes");
  EXPECT_EQ(run("env | grep ^EXPORTED="), shown("EXPORTED=yes\n"));
}

TEST_P(session_state, functions_persist) {
  run("greet() { echo \"hello $1\"; }");
  EXPECT_EQ(run("greet you"), shown("hello you\n"));
}

TEST_P(session_state, shell_options_and_umask_persist) {
  run("set -o noglob; shopt -s nullglob; umask 027");
  EXPECT_EQ(run("echo *; shopt -q nullglob && echo nullglob; umask"), shown("*\nnullglob\n0027\n"));
}

TEST_P(session_state, traps_persist) {
  run("trap 'echo caught' USR1");
  EXPECT_EQ(run("kill -USR1 $$; echo after"), shown("caught\nafter\n"));
}

TEST_P(session_state, aliases_are_kept_but_not_expanded) {
  run("alias hello='echo expanded'");
  EXPECT_EQ(run("alias hello; hello 2>/dev/null || echo not expanded"),
            shown("alias hello='echo expanded'\nnot expanded\n"));
}

TEST_P(session_state, the_last_background_job_is_known_to_the_next_command) {
  run("sleep 4711 & job=$!");
  EXPECT_EQ(run("kill -0 $job && [ $job = $! ] && echo alive; kill $job; wait $job; echo $?"),
            shown("alive\n143\n")); // 128 + SIGTERM
}

TEST_P(session_state, no_job_control_messages_are_shown) {
  const auto answered = sdk().execute("s", "sleep 0 & wait; (kill -9 $BASHPID) 2>/dev/null; true");
  EXPECT_EQ(answered.body.at("stdout"), "");
  EXPECT_EQ(answered.body.at("stderr"), "");
}

TEST_P(session_state, the_shell_is_not_told_apart_from_a_script) {
  EXPECT_EQ(run("echo \"[${PS1-}][${PROMPT_COMMAND-}]\"; shopt -q login_shell || echo no login"),
            shown("[][]\nno login\n"));
}

TEST_P(session_state, a_session_has_its_own_environment_and_directory) {
  ASSERT_EQ(
      sdk()
          .create("own", {{"env", {{"GREETING", "it's \"ok\"\n$HOME"}, {"EMPTY", ""}}}, {"cwd", "/usr"}})
          .status,
      200);
  EXPECT_EQ(sdk().output("own", "printf '%s|%s|%s' \"$GREETING\" \"${EMPTY-unset}\" \"$PWD\""),
            "it's \"ok\"\n$HOME||/usr");
  EXPECT_EQ(sdk().output("own", "env | grep -c ^GREETING="), shown("1\n"));
  EXPECT_EQ(run("echo \"[${GREETING-}]\""), shown("[]\n"));
}

TEST_P(session_state, a_session_whose_directory_is_missing_starts_at_home) {
  ASSERT_EQ(sdk().create("lost", {{"cwd", "/no/such/place"}}).status, 200);
  EXPECT_EQ(sdk().output("lost", "[ \"$PWD\" = \"$HOME\" ] && echo at home"), shown("at home\n"));
}

TEST_P(session_state, home_of_the_session_counts_where_its_directory_is_missing) {
  ASSERT_EQ(sdk().create("home", {{"cwd", "/no/such/place"}, {"env", {{"HOME", "/usr"}}}}).status, 200);
  EXPECT_EQ(sdk().output("home", "pwd; env | grep -c ^HOME="), shown("/usr\n1\n"));
}

TEST_P(session_state, sessions_share_nothing_but_files) {
  ASSERT_EQ(sdk().create("other").status, 200);
  run("mine=1; cd /; shared() { :; }; echo text > " + (daemon.workspace() / "file").string());
  EXPECT_EQ(sdk().output("other", "echo \"[${mine-}] $PWD\"; type shared 2>/dev/null; cat file"),
            shown("[] " + daemon.workspace().string() + "\ntext\n"));
}

/// Fields that only SDKs of dialect B send.
class per_command : public daemon_test {};

TEST_F(per_command, environment_is_restored_afterwards) {
  b.output("s", "export EXISTING=old; plain=old");
  const json env{{"EXISTING", "new"}, {"plain", "new"}, {"FRESH", "it's"}};
  EXPECT_EQ(
      b.output("s", "echo $EXISTING $plain $FRESH; env | grep -c -e ^FRESH= -e ^plain=", {{"env", env}}),
      "new new it's\n2");
  EXPECT_EQ(
      b.output("s", "echo $EXISTING $plain ${FRESH-unset}; env | grep -c -e ^FRESH= -e ^plain= || true"),
      "old old unset\n0");
}

TEST_F(per_command, environment_is_restored_even_when_the_command_changes_it) {
  b.output("s", "export KEPT=old");
  b.output("s", "KEPT=changed; unset FRESH; export OTHER=stays",
           {{"env", {{"KEPT", "new"}, {"FRESH", "1"}}}});
  EXPECT_EQ(b.output("s", "echo $KEPT ${FRESH-unset} $OTHER; env | grep ^KEPT="),
            "old unset stays\nKEPT=old");
}

TEST_F(per_command, null_values_of_the_environment_are_skipped) {
  b.output("s", "export KEPT=old");
  EXPECT_EQ(b.output("s", "echo $KEPT", {{"env", {{"KEPT", nullptr}}}}), "old");
}

TEST_F(per_command, directory_is_left_afterwards) {
  b.output("s", "cd /usr; cd /var");
  EXPECT_EQ(b.output("s", "pwd; cd /tmp", {{"cwd", "/usr/lib"}}), "/usr/lib");
  EXPECT_EQ(b.output("s", "pwd; cd -"), "/var\n/usr");
}

TEST_F(per_command, a_missing_directory_is_a_result_and_not_an_error) {
  const auto answered = b.execute("s", "pwd", {{"cwd", "/nope"}});
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body.at("exitCode"), 1);
  EXPECT_EQ(answered.body.at("success"), false);
  EXPECT_EQ(answered.body.at("stdout"), "");
  EXPECT_EQ(answered.body.at("stderr"), "Failed to change directory to '/nope'");
  EXPECT_EQ(b.output("s", "pwd"), daemon.workspace().string());
}

TEST_F(per_command, an_exit_status_survives_environment_and_directory) {
  EXPECT_EQ(b.execute("s", "(exit 42)", {{"cwd", "/"}, {"env", {{"X", "1"}}}}).body.at("exitCode"), 42);
  EXPECT_EQ(b.execute("s", "echo $?").body.at("exitCode"), 0);
}

TEST_F(per_command, an_invalid_name_is_refused_and_the_session_unharmed) {
  const auto answered = b.execute("s", "true", {{"env", {{"1A", "x"}}}});
  EXPECT_EQ(answered.status, 400);
  EXPECT_EQ(answered.body.at("code"), "VALIDATION_FAILED");
  EXPECT_NE(answered.body.dump().find("1A"), std::string::npos);
  EXPECT_EQ(b.output("s", "echo fine"), "fine");
}

class creation : public daemon_test {};

TEST_F(creation, after_the_end_of_the_shell_makes_a_new_session) {
  ASSERT_EQ(b.create("g", {{"env", {{"A", "1"}}}}).status, 200);
  EXPECT_EQ(b.execute("g", "exit 7").status, 410);
  EXPECT_EQ(b.create("g", {{"env", {{"B", "2"}}}}).status, 200);
  EXPECT_EQ(b.output("g", "echo \"[${A-}] [${B-}]\""), "[] [2]");
  EXPECT_EQ(b.create("g", {{"env", {{"C", "3"}}}}).status, 409) << "it has a state again";
}

TEST_F(creation, on_demand_keeps_its_promise_to_dialect_a) {
  const auto made = a.execute("sandbox-x", "cd /usr; export X=1; exit 3");
  EXPECT_EQ(made.body.at("exitCode"), 3);
  EXPECT_EQ(a.execute("sandbox-x", "pwd").body.at("stdout"), daemon.workspace().string() + "\n");
}

} // namespace
} // namespace sandboxd::testing
