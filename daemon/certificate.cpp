#include "daemon/certificate.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace sandboxd::daemon {

namespace {

/// Debian's bundle of all trusted certificates.
constexpr const char* system_bundle = "/etc/ssl/certs/ca-certificates.crt";

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void wait_for_file(const std::string& path) {
  const auto deadline = std::chrono::steady_clock::now() + certificate_deadline;
  while (!std::filesystem::exists(path)) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error("sandbox.intercept-https is on, but there is no certificate " + path);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

/// A restart of the container's daemon must not append it again.
void append_to_bundle(const std::string& certificate) {
  if (read_file(system_bundle).find(certificate) != std::string::npos)
    return;
  std::ofstream bundle(system_bundle, std::ios::binary | std::ios::app);
  bundle << '\n' << certificate;
  if (!bundle.flush())
    throw std::runtime_error(std::string("cannot append the certificate to ") + system_bundle);
}

} // namespace

void trust_platform_certificate(const config::sandbox_settings& settings) {
  if (!settings.intercept_https)
    return;
  wait_for_file(settings.ca_certificate);
  append_to_bundle(read_file(settings.ca_certificate));
  ::setenv("NODE_EXTRA_CA_CERTS", settings.ca_certificate.c_str(), 1);
  for (const char* name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "GIT_SSL_CAINFO"})
    ::setenv(name, system_bundle, 1);
}

} // namespace sandboxd::daemon
