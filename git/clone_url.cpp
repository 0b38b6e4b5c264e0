#include "git/clone_url.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sandboxd::git {

namespace {

constexpr std::string_view mark = "******";

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool is_scheme_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
}

bool is_web(std::string_view scheme) {
  return scheme == "http" || scheme == "https";
}

/// Where a URL's user, password, host and port end.
std::size_t end_of_authority(std::string_view text, std::size_t begin) {
  const auto end = std::find_if(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), [](char c) {
    return c == '/' || c == '?' || c == '#' || static_cast<unsigned char>(c) <= ' ';
  });
  return static_cast<std::size_t>(end - text.begin());
}

/// The scheme in lower case whose "://" stands at `colon`.
std::string scheme_before(std::string_view text, std::size_t colon) {
  std::size_t begin = colon;
  while (begin > 0 && is_scheme_character(text[begin - 1]))
    --begin;
  return lower(text.substr(begin, colon - begin));
}

std::string replace_all(std::string text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text = text.substr(0, at) + std::string(by) + text.substr(at + what.size());
  return text;
}

} // namespace

std::string scheme_of(std::string_view url) {
  const auto colon = url.find(':');
  const bool is_word =
      colon != std::string_view::npos && colon > 0 &&
      std::all_of(url.begin(), url.begin() + static_cast<std::ptrdiff_t>(colon), is_scheme_character);
  if (is_word && (url.substr(colon).starts_with("::") || url.substr(colon).starts_with("://"))) {
    auto scheme = lower(url.substr(0, colon));
    return scheme == "git+ssh" || scheme == "ssh+git" ? "ssh" : scheme;
  }
  return colon == std::string_view::npos || url.find('/') < colon ? "file" : "ssh";
}

std::string library_scheme_of(std::string_view url) {
  constexpr std::array<std::string_view, 7> known{"git://", "http://",    "https://",  "file://",
                                                  "ssh://", "ssh+git://", "git+ssh://"};
  const auto text = lower(url);
  const bool is_known =
      std::any_of(known.begin(), known.end(), [&](std::string_view one) { return text.starts_with(one); });
  if (is_known)
    return scheme_of(url);
  return url.find(':') == std::string_view::npos ? "file" : "ssh";
}

std::vector<std::string> split_schemes(std::string_view list) {
  std::vector<std::string> words;
  constexpr std::string_view separators = ", \t";
  while (!list.empty()) {
    const auto end = std::min(list.find_first_of(separators), list.size());
    if (end > 0)
      words.push_back(lower(list.substr(0, end)));
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return words;
}

bool is_allowed(std::string_view scheme, const std::vector<std::string>& allowed) {
  return std::find(allowed.begin(), allowed.end(), scheme) != allowed.end();
}

url_parts split_url(std::string_view url) {
  url_parts parts;
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) {
    if (scheme_of(url) != "ssh") {
      parts.path = url;
      return parts;
    }
    const auto end = url.find(':');
    parts.host = url.substr(0, end);
    parts.path = url.substr(end + 1);
  } else {
    parts.scheme = url.substr(0, colon);
    const auto begin = colon + 3;
    const auto end = end_of_authority(url, begin);
    parts.host = url.substr(begin, end - begin);
    parts.path = url.substr(end);
  }
  const auto at = parts.host.rfind('@');
  if (at == std::string::npos)
    return parts;
  parts.user = parts.host.substr(0, at);
  parts.host = parts.host.substr(at + 1);
  parts.has_user = true;
  if (const auto separator = parts.user.find(':'); separator != std::string::npos) {
    parts.password = parts.user.substr(separator + 1);
    parts.user = parts.user.substr(0, separator);
    parts.has_password = true;
  }
  return parts;
}

std::string without_credentials(std::string_view url) {
  const auto parts = split_url(url);
  return parts.scheme.empty() || !parts.has_user ? std::string(url)
                                                 : parts.scheme + "://" + parts.host + parts.path;
}

std::string redact(std::string_view text) {
  std::string result;
  for (auto colon = text.find("://"); colon != std::string_view::npos; colon = text.find("://")) {
    const auto begin = colon + 3;
    const auto authority = text.substr(begin, end_of_authority(text, begin) - begin);
    const auto at = authority.rfind('@');
    const bool is_secret =
        at != std::string_view::npos &&
        (is_web(scheme_before(text, colon)) || authority.substr(0, at).find(':') != std::string_view::npos);
    result += text.substr(0, begin);
    if (is_secret)
      result += mark;
    text.remove_prefix(begin + (is_secret ? at : 0));
  }
  return result += text;
}

std::string redact(std::string_view text, std::string_view url) {
  auto result = redact(text);
  const auto parts = split_url(url);
  if (parts.scheme.empty() || !parts.has_user)
    return result;
  // A word of few letters would be found by chance; alone it cannot be told from any other.
  constexpr std::size_t shortest_secret = 4;
  for (const auto& secret :
       {parts.user + ":" + parts.password, parts.password, percent_decoded(parts.password),
        is_web(lower(parts.scheme)) && !parts.has_password ? parts.user : std::string()})
    if (secret.size() >= shortest_secret)
      result = replace_all(std::move(result), secret, mark);
  return result;
}

std::string percent_decoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto rest = lower(text.substr(i + 1, 2));
    const auto high = rest.size() == 2 ? digits.find(rest[0]) : std::string_view::npos;
    const auto low = rest.size() == 2 ? digits.find(rest[1]) : std::string_view::npos;
    if (text[i] == '%' && high != std::string_view::npos && low != std::string_view::npos) {
      result += static_cast<char>(high * digits.size() + low);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string default_directory_name(std::string_view url) {
  constexpr std::string_view suffix = ".git";
  const auto scheme_end = url.find("://");
  if (scheme_end != std::string_view::npos)
    url = url.substr(0, url.find_first_of("?#"));
  const auto begin = url.find_last_of(scheme_end == std::string_view::npos ? "/:" : "/");
  auto name = url.substr(begin == std::string_view::npos ? 0 : begin + 1);
  if (scheme_end != std::string_view::npos && begin < scheme_end + 3)
    name = {}; // a host and nothing behind it
  if (name.ends_with(suffix))
    name.remove_suffix(suffix.size());
  return name.empty() || name == "." || name == ".." ? "repository" : std::string(name);
}

} // namespace sandboxd::git
