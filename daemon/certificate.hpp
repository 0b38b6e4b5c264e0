#pragma once

#include "config/settings.hpp"

#include <asio/any_io_executor.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <string>

namespace sandboxd::daemon {

/// Debian's bundle of all trusted certificates.
inline constexpr const char* system_certificates = "/etc/ssl/certs/ca-certificates.crt";

/// With `sandbox.intercept-https`: sets the variables by which Node, OpenSSL, curl, requests and git find the
/// platform's certificate and the bundle, for the daemon and all it starts. Before any thread exists.
void point_to_certificates(const config::sandbox_settings& settings);

/// The certificate of a platform that intercepts HTTPS (HTTP.md 16.1, SANDBOX_INTERCEPT_HTTPS).
class platform_certificate {
public:
  /// How long the platform may take to put its certificate in place.
  static constexpr std::chrono::seconds patience{5};

  platform_certificate(const asio::any_io_executor& executor, std::string file,
                       std::string bundle = system_certificates);

  /// Waits until the file holds a certificate, without blocking, and appends that to the bundle. Calls
  /// `then(why it could not)` on the executor, with an empty text when all went well.
  void trust(std::function<void(const std::string& problem)> then);

private:
  void look(std::chrono::steady_clock::time_point deadline, std::function<void(const std::string&)> then);

  asio::steady_timer timer_;
  const std::string file_;
  const std::string bundle_;
};

} // namespace sandboxd::daemon
