#include "tests/process/daemon_fixture.hpp"

#include <string>

/// What a command reads and prints, byte for byte (HTTP.md 4.4).
namespace sandboxd::testing {
namespace {

class command_output : public each_generation {};
FOR_EACH_GENERATION(command_output);

TEST_P(command_output, standard_input_is_empty) {
  EXPECT_EQ(run("cat; echo $?; read line; echo $? \"[$line]\"; wc -c"), shown("0\n1 []\n0\n"));
}

TEST_P(command_output, output_and_errors_are_separate) {
  const auto answered = sdk().execute("s", "echo out; echo err >&2; (exit 3)");
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body.at("stdout"), shown("out\n"));
  EXPECT_EQ(answered.body.at("stderr"), shown("err\n"));
  EXPECT_EQ(answered.body.at("exitCode"), 3);
  EXPECT_EQ(answered.body.at("success"), false);
}

TEST_P(command_output, interleaved_streams_lose_nothing) {
  const auto answered = sdk().execute("s", "for ((i = 0; i < 3000; i++)); do echo o$i; echo e$i >&2; done");
  std::string out;
  std::string err;
  for (int i = 0; i < 3000; ++i) {
    out += "o" + std::to_string(i) + "\n";
    err += "e" + std::to_string(i) + "\n";
  }
  EXPECT_EQ(answered.body.at("stdout"), shown(out));
  EXPECT_EQ(answered.body.at("stderr"), shown(err));
}

TEST_P(command_output, a_missing_final_newline_is_not_added) {
  EXPECT_EQ(run("printf x"), "x");
}

TEST_P(command_output, at_most_one_final_newline_is_taken_away) {
  EXPECT_EQ(run("printf 'a\\n\\n\\n'"), GetParam() == generation::a ? "a\n\n\n" : "a\n\n");
  EXPECT_EQ(run("printf '\\n'"), GetParam() == generation::a ? "\n" : "");
  EXPECT_EQ(run("printf 'a\\r\\n'"), GetParam() == generation::a ? "a\r\n" : "a\r");
}

TEST_P(command_output, nul_and_control_characters_are_kept) {
  EXPECT_EQ(run("printf 'a\\0b\\001\\033[0m\\177\"\\\\'"), std::string("a\0b\1\33[0m\177\"\\", 11));
}

TEST_P(command_output, bytes_that_are_no_utf8_become_replacement_characters) {
  EXPECT_EQ(run("printf 'x\\377y\\303\\251'"), "x\xEF\xBF\xBDy\xC3\xA9");
}

TEST_P(command_output, the_status_of_a_signal_is_128_and_its_number) {
  EXPECT_EQ(sdk().execute("s", "(kill -TERM $BASHPID)").body.at("exitCode"), 143);
  EXPECT_EQ(sdk().execute("s", "sh -c 'kill -9 $$'").body.at("exitCode"), 137);
}

TEST_P(command_output, a_program_that_is_missing_is_status_127) {
  const auto answered = sdk().execute("s", "no_such_program_1");
  EXPECT_EQ(answered.body.at("exitCode"), 127);
  EXPECT_NE(answered.body.at("stderr").get<std::string>().find("no_such_program_1: command not found"),
            std::string::npos);
}

TEST_P(command_output, a_hundred_megabytes_are_delivered_whole) {
  const std::size_t size = 100'000'000;
  const auto answered = sdk().execute("s", "head -c 100000000 /dev/zero | tr '\\0' x; printf end >&2");
  ASSERT_EQ(answered.status, 200);
  const auto& out = answered.body.at("stdout").get_ref<const std::string&>();
  EXPECT_EQ(out.size(), size);
  EXPECT_EQ(out.find_first_not_of('x'), std::string::npos);
  EXPECT_EQ(answered.body.at("stderr"), "end");
  EXPECT_FALSE(answered.body.contains("stdoutTruncated"));
  EXPECT_EQ(run("echo after"), shown("after\n"));
}

class small_memory : public each_generation {
protected:
  static constexpr std::size_t in_memory = 64 << 10;
  static constexpr std::size_t at_all = 1 << 20;

  small_memory()
      : each_generation([](config::settings& s) {
          s.session.output_memory_bytes = in_memory;
          s.session.output_max_bytes = at_all;
        }) {}

  /// `count` bytes as `seq` prints them, cut.
  static std::string numbers(std::size_t count) {
    std::string text;
    for (int i = 1; text.size() < count; ++i)
      text += std::to_string(i) + "\n";
    return text.substr(0, count);
  }

  static std::string command(std::size_t count) { return "seq 1 1000000 | head -c " + std::to_string(count); }
};
FOR_EACH_GENERATION(small_memory);

TEST_P(small_memory, output_beyond_the_memory_bound_comes_from_disk) {
  for (const std::size_t size : {in_memory - 1, in_memory, in_memory + 1, 3 * in_memory, at_all}) {
    const auto answered = sdk().execute("s", command(size));
    EXPECT_EQ(answered.body.at("stdout"), shown(numbers(size))) << size;
    EXPECT_FALSE(answered.body.contains("stdoutTruncated")) << size;
  }
}

TEST_P(small_memory, output_beyond_the_hard_bound_is_cut_with_a_mark) {
  const auto answered = sdk().execute("s", command(at_all + 1000) + "; echo end >&2");
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.body.at("exitCode"), 0);
  EXPECT_EQ(answered.body.at("stdout"), numbers(at_all) + "\n[output truncated: 1000 bytes dropped]");
  EXPECT_EQ(answered.body.at("stdoutTruncated"), true);
  EXPECT_EQ(answered.body.at("stderr"), shown("end\n"));
  EXPECT_FALSE(answered.body.contains("stderrTruncated"));
  EXPECT_EQ(run("echo after"), shown("after\n"));
}

} // namespace
} // namespace sandboxd::testing
