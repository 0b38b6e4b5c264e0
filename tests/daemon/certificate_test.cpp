#include "daemon/certificate.hpp"
#include "tests/daemon/standard_error.hpp"

#include <asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <optional>
#include <string>

/// HTTP.md 16.1, SANDBOX_INTERCEPT_HTTPS.
namespace sandboxd::testing {
namespace {

const std::string whole = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

class platform_certificate : public ::testing::Test {
protected:
  platform_certificate() { write("bundle", "others\n"); }

  void write(const std::string& name, const std::string& text) { std::ofstream(directory / name) << text; }

  /// What becomes of it; `meanwhile` happens after a moment.
  template <class Function>
  std::string trust(Function meanwhile) {
    asio::io_context io;
    daemon::platform_certificate certificate(io.get_executor(), directory / "ca", directory / "bundle");
    std::optional<std::string> outcome;
    certificate.trust([&](const std::string& problem) { outcome = problem; });
    io.run_for(std::chrono::milliseconds(120));
    meanwhile(outcome.has_value());
    io.run();
    return outcome.value_or("never called");
  }

  temporary_directory directory;
};

TEST_F(platform_certificate, is_appended_to_the_bundle_once) {
  write("ca", whole);
  EXPECT_EQ(trust([](bool) {}), "");
  EXPECT_EQ(trust([](bool) {}), "");
  EXPECT_EQ(read_text(directory / "bundle"), "others\n\n" + whole);
}

TEST_F(platform_certificate, is_waited_for_until_it_is_whole) {
  write("ca", ""); // the platform has begun to write it
  EXPECT_EQ(trust([&](bool is_over) {
              EXPECT_FALSE(is_over);
              write("ca", whole);
            }),
            "");
  EXPECT_EQ(read_text(directory / "bundle"), "others\n\n" + whole);
}

TEST_F(platform_certificate, that_does_not_come_is_a_problem_after_five_seconds) {
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT(trust([](bool) {}), ::testing::HasSubstr("there is no certificate in"));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(read_text(directory / "bundle"), "others\n");
}

} // namespace
} // namespace sandboxd::testing
