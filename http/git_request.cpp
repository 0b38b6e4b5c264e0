#include "http/git_request.hpp"

#include "git/clone_url.hpp"
#include "http/error_table.hpp"
#include "http/json_fields.hpp"
#include "http/json_writer.hpp"
#include "http/request_session.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace sandboxd::http {

namespace {

constexpr std::size_t longest_url = 2048;
constexpr std::size_t longest_branch = 1024;

/// A member that is a string; absent members, and those of other types, are empty.
std::string take_text(nlohmann::ordered_json& body, std::string_view name) {
  const auto member = body.find(name);
  return member != body.end() && member->is_string() ? std::move(member->get_ref<std::string&>())
                                                     : std::string();
}

error_report refused_url(std::string_view url, std::string_view reason, std::string_view told_in_a) {
  const error_entry& entry = entry_of(actors::error_code::invalid_git_url);
  error_report report;
  report.code = entry.sdk_code;
  report.status = entry.status;
  report.message =
      fmt::format("Invalid Git URL '{}': {}", git::redact(url, url).substr(0, longest_url), reason);
  report.context =
      json_writer()
          .members(validation_errors_member({{"repoUrl", std::string(reason), "INVALID_GIT_URL"}}))
          .finish();
  report.a_text = told_in_a;
  return report;
}

/// `^(https?://|git@|ssh://).*\.git$` or `^https?://.*/.*$` of the reference, where a dot is no end of a
/// line.
bool has_form_of_a(std::string_view url) {
  const auto begins = [&](std::string_view prefix) { return url.starts_with(prefix); };
  if (url.find_first_of("\r\n") != std::string_view::npos)
    return false;
  const bool is_web = begins("http://") || begins("https://");
  const auto rest = is_web ? url.substr(url.find("://") + 3) : url;
  return (is_web && rest.find('/') != std::string_view::npos) ||
         ((is_web || begins("git@") || begins("ssh://")) && url.ends_with(".git"));
}

/// `url` as it came; the reasons are those of HTTP.md 7.
std::optional<error_report> check_url(std::string_view url, dialect spoken,
                                      const config::settings& settings) {
  constexpr std::string_view missing_in_a = "Repository URL is required and must be a string";
  constexpr std::string_view wrong_in_a = "Invalid repository URL format";
  if (url.empty())
    return refused_url(url, "URL must be a non-empty string", missing_in_a);
  if (url.find('\0') != std::string_view::npos)
    return refused_url(url, "URL contains null bytes", wrong_in_a);
  if (url.size() > longest_url)
    return refused_url(url, fmt::format("URL too long (max {} characters)", longest_url), wrong_in_a);
  if (spoken == dialect::a && !has_form_of_a(url))
    return refused_url(url, wrong_in_a, wrong_in_a);
  const auto scheme = git::scheme_of(url);
  if (!git::is_allowed(scheme, git::split_schemes(settings.git.allowed_schemes)))
    return refused_url(
        url, fmt::format("scheme '{}' is not allowed (allowed: {})", scheme, settings.git.allowed_schemes),
        wrong_in_a);
  return std::nullopt;
}

/// The path rules of HTTP.md 6.1.
std::optional<error_report> check_target(std::string_view path) {
  constexpr std::size_t longest_shown = 64u << 10;
  const auto refused = [&](std::string_view reason) {
    error_report report = validation_report({{"targetDirectory", std::string(reason), "INVALID_PATH"}});
    report.message = fmt::format("Invalid path format for '{}': {}", path.substr(0, longest_shown), reason);
    return report;
  };
  if (path.empty())
    return refused("Path must be a non-empty string");
  if (path.find('\0') != std::string_view::npos)
    return refused("Path contains null bytes");
  if (path.size() > max_path_bytes)
    return refused("Path too long (max 4096 characters)");
  return std::nullopt;
}

std::string default_target(std::string_view url, dialect spoken, const config::settings& settings,
                           std::chrono::system_clock::time_point now, std::uint64_t random) {
  if (spoken != dialect::a)
    return fmt::format("{}/{}", settings.sandbox.workspace, git::default_directory_name(url));
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count();
  return fmt::format("repo_{}_{:012x}", milliseconds, random & 0xFFFF'FFFF'FFFFu);
}

/// Absent and null mean the default; everything else must be a whole number of milliseconds in bounds.
std::chrono::milliseconds read_timeout(const nlohmann::ordered_json& body, field_reader& fields,
                                       const config::git_settings& settings) {
  const auto given = body.find("timeoutMs");
  if (given == body.end() || given->is_null())
    return settings.default_timeout;
  const double value = given->is_number() ? given->get<double>() : 0;
  const auto longest = static_cast<double>(settings.max_timeout.count());
  if (value > longest)
    fields.reject("timeoutMs", fmt::format("timeoutMs must not exceed {}", settings.max_timeout.count()),
                  "INVALID_TIMEOUT");
  else if (value < 1 || value != static_cast<double>(static_cast<std::int64_t>(value)))
    fields.reject("timeoutMs", "timeoutMs must be a positive integer", "INVALID_TIMEOUT");
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::clamp(value, 0.0, longest)));
}

/// A number that is not positive is git's to refuse (HTTP.md 7, "bad depth").
std::optional<std::int64_t> read_depth(const nlohmann::ordered_json& body, field_reader& fields) {
  const auto given = body.find("depth");
  if (given == body.end() || given->is_null())
    return std::nullopt;
  constexpr double largest = 2147483647; // git's own
  const double value = given->is_number() ? given->get<double>() : largest + 1;
  if (value < -largest || value > largest || value != static_cast<double>(static_cast<std::int64_t>(value))) {
    fields.reject("depth", "depth must be a whole number below 2147483648", "invalid_type");
    return std::nullopt;
  }
  return static_cast<std::int64_t>(value);
}

} // namespace

std::variant<git_checkout, error_report> read_git_request(const request& sent, nlohmann::ordered_json& body,
                                                          dialect spoken, const config::settings& settings,
                                                          std::chrono::system_clock::time_point now,
                                                          std::uint64_t random) {
  git_checkout read;
  auto& wanted = read.wanted;
  auto& order = wanted.order;
  order.url = take_text(body, "repoUrl");
  if (auto fault = check_url(order.url, spoken, settings))
    return std::move(*fault);

  const auto target = body.find("targetDir");
  const bool has_target =
      target != body.end() && !target->is_null() &&
      !(spoken == dialect::a && *target == nlohmann::ordered_json("")); // falsy in the reference
  order.directory =
      has_target ? take_text(body, "targetDir") : default_target(order.url, spoken, settings, now, random);
  if (auto fault = check_target(order.directory))
    return std::move(*fault);

  field_reader fields(body);
  order.branch = fields.text("branch").value_or(spoken == dialect::a ? "main" : "");
  if (order.branch.size() > longest_branch)
    fields.reject("branch", fmt::format("branch is longer than {} bytes", longest_branch));
  wanted.timeout =
      spoken == dialect::a ? settings.git.default_timeout : read_timeout(body, fields, settings.git);
  if (spoken != dialect::a)
    order.depth = read_depth(body, fields);
  auto [session, missing] = read_session(sent, fields, spoken);
  wanted.session = std::move(session);
  wanted.missing = missing;
  wanted.sessionless = spoken != dialect::a && wanted.session == sessionless_token;
  wanted.keep_after_restart = spoken == dialect::a;
  wanted.request_id = sent.id;
  if (!fields.errors().empty())
    return validation_report(fields.errors());
  read.shown = {git::redact(order.url, order.url), order.directory, order.branch, wanted.timeout};
  return read;
}

} // namespace sandboxd::http
