#include "git/library_error.hpp"

#include "git/clone_fault.hpp"
#include "git/clone_url.hpp"

#include <fmt/format.h>
#include <git2/errors.h>

#include <utility>

namespace sandboxd::git {

namespace {

/// What git adds when the program at the other end of its pipe is gone.
constexpr std::string_view no_remote =
    "fatal: Could not read from remote repository.\n\n"
    "Please make sure you have the correct access rights\nand the repository exists.\n";

/// How libgit2 begins these, before the host.
constexpr std::string_view cannot_resolve = "failed to resolve address for ";
constexpr std::string_view cannot_connect = "failed to connect to ";

/// The rest of `text` after `prefix`; empty when it begins otherwise.
std::string_view after(std::string_view text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : std::string_view{};
}

std::string with_slash(std::string_view url) {
  return std::string(url) + (url.ends_with('/') ? "" : "/");
}

std::pair<std::string, std::string> host_and_port(const std::string& host, const char* default_port) {
  const auto colon = host.rfind(':');
  const bool has_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
  return {host.substr(0, has_port ? colon : std::string::npos),
          has_port ? host.substr(colon + 1) : default_port};
}

/// The text of errno, with which libgit2 ends a message.
std::string reason_of(const library_error& error) {
  const auto colon = error.message.rfind(": ");
  return colon == std::string::npos ? error.message : error.message.substr(colon + 2);
}

clone_result unable_to_access(std::string_view url, std::string_view reason, std::string cause) {
  return fatal_result(fmt::format("fatal: unable to access '{}': {}\n", with_slash(url), reason),
                      std::move(cause));
}

clone_result no_access_by_http(const url_parts& parts, std::string_view url, const tried_credentials& tried) {
  const auto place = fmt::format("{}://{}", parts.scheme, parts.host);
  if (tried.rejected)
    return fatal_result(fmt::format("fatal: Authentication failed for '{}'\n", with_slash(url)),
                        "authentication");
  if (tried.lacked_password)
    return fatal_result(
        fmt::format("fatal: could not read Password for '{}://{}@{}': terminal prompts disabled\n",
                    parts.scheme, parts.user, parts.host),
        "authentication");
  return fatal_result(
      fmt::format("fatal: could not read Username for '{}': terminal prompts disabled\n", place),
      "authentication");
}

clone_result failed_http_status(std::string_view status, std::string_view url) {
  if (status == "404" || status == "410")
    return fatal_result(fmt::format("fatal: repository '{}' not found\n", with_slash(url)), "not_found");
  return unable_to_access(url, fmt::format("The requested URL returned error: {}", status),
                          status == "403" ? "authentication" : "network");
}

clone_result failed_http(const library_error& error, const url_parts& parts, std::string_view url,
                         const tried_credentials& tried) {
  if (error.code == GIT_EAUTH)
    return no_access_by_http(parts, url, tried);
  if (error.code == GIT_ECERTIFICATE || error.error_class == GIT_ERROR_SSL)
    return unable_to_access(url, "server certificate verification failed: " + error.message, "certificate");
  if (const auto status = after(error.message, "unexpected http status code: "); !status.empty())
    return failed_http_status(status, url);
  if (!after(error.message, "invalid content-type").empty() ||
      !after(error.message, "no content-type").empty())
    return fatal_result(
        fmt::format("fatal: {}info/refs not valid: is this a git repository?\n", with_slash(url)),
        "not_found");
  if (!after(error.message, cannot_resolve).empty())
    return unable_to_access(url, fmt::format("Could not resolve host: {}", parts.host), "network");
  return unable_to_access(url, error.message, "network");
}

clone_result failed_ssh(const library_error& error, const url_parts& parts) {
  const auto user = parts.has_user ? parts.user + "@" : std::string();
  if (error.code == GIT_ECERTIFICATE)
    return fatal_result(fmt::format("Host key verification failed.\n{}", no_remote), "host_key");
  if (error.code == GIT_EAUTH)
    return fatal_result(fmt::format("{}{}: Permission denied (publickey).\n{}", user, parts.host, no_remote),
                        "authentication");
  if (error.code == GIT_EEOF) // what the program at the other end says
    return fatal_result(fmt::format("{}\n{}", error.message, no_remote), "not_found");
  if (!after(error.message, cannot_resolve).empty())
    return fatal_result(fmt::format("ssh: Could not resolve hostname {}: Name or service not known\n{}",
                                    host_and_port(parts.host, "22").first, no_remote),
                        "network");
  if (!after(error.message, cannot_connect).empty()) {
    const auto [host, port] = host_and_port(parts.host, "22");
    return fatal_result(
        fmt::format("ssh: connect to host {} port {}: {}\n{}", host, port, reason_of(error), no_remote),
        "network");
  }
  return fatal_result(fmt::format("ssh: {}\n{}", error.message, no_remote), "network");
}

clone_result failed_git(const library_error& error, const url_parts& parts) {
  if (const auto said = after(error.message, "remote error: "); !said.empty())
    return fatal_result(fmt::format("fatal: remote error: {}\n", said), "not_found");
  const auto [host, port] = host_and_port(parts.host, "9418");
  if (!after(error.message, cannot_resolve).empty())
    return fatal_result(
        fmt::format("fatal: unable to look up {} (port {}) (Name or service not known)\n", host, port),
        "network");
  if (!after(error.message, cannot_connect).empty())
    return fatal_result(fmt::format("fatal: unable to connect to {}:\nerrno={}\n", host, reason_of(error)),
                        "network");
  return fatal_result(fmt::format("fatal: {}\n{}", error.message, no_remote), "network");
}

clone_result failed_file(const library_error& error, std::string_view url) {
  if (error.message.find("is not owned by current user") != std::string::npos)
    return fatal_result(fmt::format("fatal: detected dubious ownership in repository at '{}'\n", url),
                        "ownership");
  if (url.find("://") == std::string_view::npos)
    return fatal_result(fmt::format("fatal: repository '{}' does not exist\n", url), "not_found");
  return fatal_result(fmt::format("fatal: '{}' does not appear to be a git repository\n{}",
                                  url.substr(url.find("://") + 3), no_remote),
                      "not_found");
}

bool is_of_the_connection(const library_error& error) {
  switch (error.error_class) {
  case GIT_ERROR_NET:
  case GIT_ERROR_HTTP:
  case GIT_ERROR_SSL:
  case GIT_ERROR_SSH:
    return true;
  case GIT_ERROR_OS:
    return !after(error.message, cannot_connect).empty();
  default:
    return error.code == GIT_EAUTH || error.code == GIT_ECERTIFICATE;
  }
}

bool is_of_the_source(const library_error& error) {
  return error.error_class == GIT_ERROR_REPOSITORY || error.error_class == GIT_ERROR_CONFIG ||
         error.error_class == GIT_ERROR_NET || !after(error.message, "failed to resolve path ").empty();
}

clone_result translate(const library_error& error, std::string_view url, const tried_credentials& tried) {
  const auto parts = split_url(url);
  const auto scheme = library_scheme_of(url);
  if (scheme == "file" && is_of_the_source(error))
    return failed_file(error, url);
  if (scheme != "file" && is_of_the_connection(error))
    return scheme == "ssh"   ? failed_ssh(error, parts)
           : scheme == "git" ? failed_git(error, parts)
                             : failed_http(error, parts, url, tried);
  const bool is_of_files = error.error_class == GIT_ERROR_OS || error.error_class == GIT_ERROR_FILESYSTEM;
  return fatal_result(fmt::format("fatal: {}\n", error.message), is_of_files ? "filesystem" : "other");
}

} // namespace

clone_result fatal_result(std::string standard_error, std::string cause) {
  clone_result result;
  result.exit_code = fatal_exit_code;
  result.standard_error = std::move(standard_error);
  result.cause = std::move(cause);
  return result;
}

clone_result failed_result(const library_error& error, std::string_view url, const tried_credentials& tried) {
  auto result = translate(error, url, tried);
  result.standard_error = redact(result.standard_error, url);
  return result;
}

} // namespace sandboxd::git
