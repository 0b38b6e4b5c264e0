#include "daemon/certificate.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace sandboxd::daemon {

namespace {

constexpr std::chrono::milliseconds time_between_looks{50};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Whether the text holds a whole certificate (RFC 7468): the platform may still be writing it.
bool has_certificate(const std::string& text) {
  const auto begin = text.find("-----BEGIN CERTIFICATE-----");
  return begin != std::string::npos && text.find("-----END CERTIFICATE-----", begin) != std::string::npos;
}

/// A restart of the container's daemon does not append it again. Returns whether it is in the bundle.
bool append_to_bundle(const std::string& certificate, const std::string& bundle) {
  if (read_file(bundle).find(certificate) != std::string::npos)
    return true;
  std::ofstream file(bundle, std::ios::binary | std::ios::app);
  file << '\n' << certificate;
  return static_cast<bool>(file.flush());
}

} // namespace

void point_to_certificates(const config::sandbox_settings& settings) {
  if (!settings.intercept_https)
    return;
  ::setenv("NODE_EXTRA_CA_CERTS", settings.ca_certificate.c_str(), 1);
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO"})
    ::setenv(name, system_certificates, 1);
}

platform_certificate::platform_certificate(const asio::any_io_executor& executor, std::string file,
                                           std::string bundle)
    : timer_(executor), file_(std::move(file)), bundle_(std::move(bundle)) {}

void platform_certificate::trust(std::function<void(const std::string& problem)> then) {
  look(std::chrono::steady_clock::now() + patience, std::move(then));
}

void platform_certificate::look(std::chrono::steady_clock::time_point deadline,
                                std::function<void(const std::string&)> then) {
  const auto text = read_file(file_);
  if (has_certificate(text)) {
    then(append_to_bundle(text, bundle_) ? "" : "cannot append the platform's certificate to " + bundle_);
    return;
  }
  if (std::chrono::steady_clock::now() >= deadline) {
    then("sandbox.intercept-https is on, but there is no certificate in " + file_);
    return;
  }
  timer_.expires_after(time_between_looks);
  timer_.async_wait([this, deadline, then = std::move(then)](const std::error_code& error) {
    if (!error)
      look(deadline, then);
  });
}

} // namespace sandboxd::daemon
