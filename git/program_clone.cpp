#include "git/program_clone.hpp"

#include "git/clone_url.hpp"

#include <fmt/format.h>
#include <git2.h>

#include <cstdlib>
#include <string_view>
#include <unistd.h>

namespace sandboxd::git {

namespace {

constexpr const char* user_variable = "SANDBOXD_GIT_USER";
constexpr const char* password_variable = "SANDBOXD_GIT_PASSWORD";

std::string joined(const std::vector<std::string>& words, char separator) {
  std::string text;
  for (const auto& word : words)
    text += (text.empty() ? "" : std::string(1, separator)) + word;
  return text;
}

/// Hands over credentials by a helper, which git asks for the host of the URL alone: what the helper prints
/// comes from the environment, and `printf` is no program of its own.
void add_credentials(const clone_order& order, program_call& call) {
  const auto parts = split_url(order.url);
  if (!parts.has_user)
    return;
  std::string helper = fmt::format("!printf 'username=%s\\n' \"${}\"", user_variable);
  call.environment.emplace_back(user_variable, percent_decoded(parts.user));
  if (parts.has_password) {
    helper += fmt::format("; printf 'password=%s\\n' \"${}\"", password_variable);
    call.environment.emplace_back(password_variable, percent_decoded(parts.password));
  }
  helper += ";:"; // for the operation that git appends
  call.environment.emplace_back("GIT_CONFIG_COUNT", "2");
  call.environment.emplace_back("GIT_CONFIG_KEY_0", "credential.helper");
  call.environment.emplace_back("GIT_CONFIG_VALUE_0", "");
  call.environment.emplace_back("GIT_CONFIG_KEY_1",
                                fmt::format("credential.{}://{}.helper", parts.scheme, parts.host));
  call.environment.emplace_back("GIT_CONFIG_VALUE_1", helper);
}

/// ssh(1) takes no password; its user belongs to the address.
std::string url_as_argument(const std::string& url) {
  const auto parts = split_url(url);
  if (scheme_of(url) == "ssh" && parts.has_user && !parts.scheme.empty())
    return fmt::format("{}://{}@{}{}", parts.scheme, parts.user, parts.host, parts.path);
  return without_credentials(url);
}

} // namespace

bool needs_program(const clone_order& order) {
  const auto has = [](const char* variable) {
    const char* value = std::getenv(variable); // NOLINT(concurrency-mt-unsafe): one thread
    return value != nullptr && *value != '\0';
  };
  return order.depth || (scheme_of(order.url) == "http" && (has("http_proxy") || has("HTTP_PROXY")));
}

program_call clone_call(const clone_order& order) {
  program_call call;
  call.arguments = {"git",
                    "-c",
                    "core.hooksPath=/dev/null",
                    "-c",
                    "submodule.recurse=false",
                    "-c",
                    "http.lowSpeedLimit=1024",
                    "-c",
                    "http.lowSpeedTime=30",
                    "clone",
                    "--progress",
                    "--template=",
                    "--no-local",
                    "--no-recurse-submodules"};
  if (order.depth)
    call.arguments.push_back(fmt::format("--depth={}", *order.depth));
  if (!order.branch.empty())
    call.arguments.push_back("--branch=" + order.branch);
  call.arguments.insert(call.arguments.end(), {"--", url_as_argument(order.url), order.directory});
  call.environment = {{"GIT_TERMINAL_PROMPT", "0"}, {"GIT_ALLOW_PROTOCOL", joined(order.schemes, ':')}};
  if (scheme_of(order.url) == "http" || scheme_of(order.url) == "https")
    add_credentials(order, call);
  return call;
}

std::string find_program(const std::string& program) {
  const char* path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): one thread
  for (std::string_view rest = path != nullptr ? path : "/usr/bin:/bin"; !rest.empty();) {
    const auto end = rest.find(':');
    auto candidate = fmt::format("{}/{}", rest.substr(0, end), program);
    if (candidate.starts_with('/') && ::access(candidate.c_str(), X_OK) == 0)
      return candidate;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return {};
}

void become_program(const std::string& path, const program_call& call) {
  for (const auto& [name, value] : call.environment)
    ::setenv(name.c_str(), value.c_str(), 1); // NOLINT(concurrency-mt-unsafe): one thread
  std::vector<char*> arguments;
  for (const auto& argument : call.arguments)
    arguments.push_back(const_cast<char*>(argument.c_str())); // NOLINT(*-const-cast): execv writes to nothing
  arguments.push_back(nullptr);
  ::execv(path.c_str(), arguments.data());
}

void restore_url(const clone_order& order) {
  if (url_as_argument(order.url) == order.url)
    return;
  git_libgit2_init();
  git_repository* repository = nullptr;
  if (git_repository_open(&repository, order.directory.c_str()) == 0)
    git_remote_set_url(repository, "origin", order.url.c_str());
  git_repository_free(repository);
  git_libgit2_shutdown();
}

std::string current_branch(const std::string& directory) {
  git_libgit2_init();
  git_repository* repository = nullptr;
  git_reference* head = nullptr;
  std::string branch;
  if (git_repository_open(&repository, directory.c_str()) == 0 &&
      git_repository_head_detached(repository) == 0 && git_repository_head(&head, repository) == 0)
    branch = git_reference_shorthand(head);
  git_reference_free(head);
  git_repository_free(repository);
  git_libgit2_shutdown();
  return branch;
}

} // namespace sandboxd::git
