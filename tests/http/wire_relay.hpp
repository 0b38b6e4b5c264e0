#pragma once

#include "tests/http/wire_server.hpp"
#include "tests/support/small_service.hpp"

#include <csignal>
#include <memory>
#include <string>

namespace sandboxd::testing {

/// The proxy before services of a test.
class wire_relay : public wire_test {
protected:
  /// As the daemon does.
  wire_relay() { ::signal(SIGPIPE, SIG_IGN); }

  /// A server whose proxy reaches all ports.
  wire_proxy reaching_all() {
    return {[](std::uint16_t) { return true; }, settings};
  }
  std::unique_ptr<wire_server> serve(const wire_server::setting& adjust = {}) {
    return std::make_unique<wire_server>(context, echo, adjust, nullptr, reaching_all());
  }

  static std::string path(const small_service& service, const std::string& rest = "/") {
    return "/proxy/" + std::to_string(service.port()) + rest;
  }
  static std::string get(const std::string& target, const std::string& more = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: outside\r\n" + more + "\r\n";
  }

  config::port_settings settings;
};

} // namespace sandboxd::testing
