#include "config/load.hpp"
#include "daemon/certificate.hpp"
#include "daemon/sandbox_daemon.hpp"
#include "daemon/surroundings.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <unistd.h>
#include <utility>
#include <variant>

namespace {

namespace config = sandboxd::config;
namespace daemon = sandboxd::daemon;

/// The first line on standard output; scripts read the port from it.
void announce(const std::string& address, std::uint16_t port) {
  const bool is_v6 = address.find(':') != std::string::npos;
  fmt::print("listening on http://{}{}{}:{}\n", is_v6 ? "[" : "", address, is_v6 ? "]" : "", port);
  std::fflush(stdout);
}

int start(int argc, char** argv) {
  auto outcome = config::load(config::invocation_of(argc, argv, environ));
  if (const auto* text = std::get_if<config::early_exit>(&outcome)) {
    std::fputs(text->text.c_str(), stdout);
    return text->code;
  }
  if (const auto* wrong = std::get_if<config::problems>(&outcome)) {
    for (const auto& line : wrong->lines)
      fmt::print(stderr, "sandboxd: {}\n", line);
    return config::exit_code_for_problems;
  }
  auto& loaded = std::get<config::configuration>(outcome);
  daemon::prepare_surroundings(loaded.values);
  daemon::point_to_certificates(loaded.values.sandbox);
  const auto address = loaded.values.http.address;
  daemon::sandbox_daemon server(std::move(loaded));
  server.on_listening([address](std::uint16_t port) { announce(address, port); });
  return server.run();
}

} // namespace

int main(int argc, char** argv) {
  try {
    return start(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "sandboxd: {}\n", error.what());
    return 1;
  }
}
