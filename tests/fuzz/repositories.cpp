#include "git/clone_exchange.hpp"
#include "git/clone_url.hpp"
#include "http/git_request.hpp"
#include "tests/fuzz/as_utf8.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/fuzz/told_report.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace sandboxd::fuzz {

namespace {

using http::dialect;

constexpr std::size_t longest_url = 2048; ///< HTTP.md 7
constexpr std::string_view mark = "******";

/// What may be cloned, as configured below and as git spells it.
constexpr const char* allowed_schemes = "https, ssh";
constexpr std::array<std::string_view, 4> allowed_in_git{"https", "ssh", "git+ssh", "ssh+git"};

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return lowered;
}

bool may_stand_in_scheme(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return is_letter || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/// By what git clones a URL (its transport.c, url.c and connect.c): a scheme or remote helper, ssh or file.
std::string git_transport_of(std::string_view url) {
  const auto end = std::find_if_not(url.begin(), url.end(), may_stand_in_scheme);
  const auto word = url.substr(0, static_cast<std::size_t>(end - url.begin()));
  const auto rest = url.substr(word.size());
  if (!word.empty() && (rest.starts_with("::") || rest.starts_with("://")))
    return lower(word);
  const auto colon = url.find(':');
  return colon == std::string_view::npos || url.find('/') < colon ? "file" : "ssh";
}

/// User, password, host and port of the first URL in a text, and where they begin.
struct authority {
  std::size_t begin = std::string_view::npos;
  std::string_view text;
};

authority authority_of(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos)
    return {};
  const auto rest = text.substr(colon + 3);
  const auto end = std::find_if(rest.begin(), rest.end(), [](char c) {
    return c == '/' || c == '?' || c == '#' || static_cast<std::uint8_t>(c) <= ' ';
  });
  return {colon + 3, rest.substr(0, static_cast<std::size_t>(end - rest.begin()))};
}

bool begins_with_web_scheme(std::string_view url) {
  const auto scheme = lower(url.substr(0, url.find("://")));
  return scheme == "http" || scheme == "https";
}

/// `shown`: what somebody is shown of a URL.
void check_masked(std::string_view url, std::string_view shown) {
  const auto [begin, text] = authority_of(url);
  const auto at = text.rfind('@');
  if (at == std::string_view::npos)
    return;
  const auto user = text.substr(0, at);
  const bool is_secret = user.find(':') != std::string_view::npos || begins_with_web_scheme(url);
  // What stands elsewhere in the URL, too, is masked there, and so may be what surrounds them.
  const bool is_plain = user.find_first_of("%*") == std::string_view::npos;
  if (!is_secret || !is_plain || !shown.starts_with(url.substr(0, begin)))
    return;
  const auto masked = authority_of(shown).text;
  expect(masked.starts_with(mark), "credentials are masked");
  expect(masked.find('@', mark.size() + 1) == std::string_view::npos,
         "credentials are masked up to their end");
}

void check_order(const git::clone_order& order) {
  const auto again = git::parse_order(git::to_text(order));
  expect(again && again->url == order.url && again->directory == order.directory &&
             again->branch == order.branch && again->depth == order.depth,
         "the helper gets the order that was given");
}

void check_request(const std::string& url, dialect spoken) {
  config::settings settings;
  settings.git.allowed_schemes = allowed_schemes;
  nlohmann::ordered_json body;
  body["repoUrl"] = url;
  const auto outcome =
      http::read_git_request({}, body, spoken, settings, std::chrono::system_clock::time_point(), 0);
  if (const auto* report = std::get_if<http::error_report>(&outcome)) {
    constexpr std::string_view told = "Invalid Git URL '";
    check_refusal_report(*report);
    expect(names_a_field(*report) && report->message.starts_with(told), "a refused URL is named");
    return check_masked(url, std::string_view(report->message).substr(told.size()));
  }
  const auto& [shown, wanted] = std::get<http::git_checkout>(outcome);
  expect(url.find('\0') == std::string::npos && url.size() <= longest_url && wanted.order.url == url,
         "a URL is within bounds and taken as it was sent");
  const auto transport = git_transport_of(url);
  expect(std::find(allowed_in_git.begin(), allowed_in_git.end(), transport) != allowed_in_git.end(),
         "git clones by nothing that is not allowed");
  check_masked(url, shown.url);
  if (as_utf8(url) == url)
    check_order(wanted.order);
}

void check_names(std::string_view url) {
  const auto name = git::default_directory_name(url);
  expect(!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos,
         "a clone's directory is one component");
  const auto without = git::without_credentials(url);
  expect(git::split_url(url).scheme.empty() || !git::split_url(without).has_user,
         "a URL without credentials has none");
  std::string encoded;
  for (const char c : url)
    encoded += fmt::format("%{:02X}", static_cast<std::uint8_t>(c));
  expect(git::percent_decoded(encoded) == url, "what is percent-encoded comes out again");
}

void check_redaction(std::string_view text, std::string_view url) {
  const auto redacted = git::redact(text);
  expect(git::redact(redacted) == redacted, "what is masked stays as it is");
  for (std::string_view rest = redacted; authority_of(rest).begin != std::string_view::npos;) {
    const auto [begin, one] = authority_of(rest);
    const auto at = one.rfind('@');
    expect(at == std::string_view::npos || one.substr(0, at).find(':') == std::string_view::npos,
           "no password is left in a text");
    rest.remove_prefix(begin);
  }
  const auto password = git::split_url(url).password;
  if (password.size() >= 4 && password.find('*') == std::string::npos && !git::split_url(url).scheme.empty())
    expect(git::redact(text, url).find(password) == std::string::npos,
           "the password of a URL is nowhere left");
}

} // namespace

void fuzz_repositories(std::span<const std::uint8_t> bytes) {
  const auto text = text_of(bytes);
  const auto url = text.substr(0, text.find('\n'));
  for (const auto spoken : {dialect::a, dialect::b})
    check_request(std::string(url), spoken);
  check_names(url);
  check_redaction(text, url);
}

} // namespace sandboxd::fuzz
