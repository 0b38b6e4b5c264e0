#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Rules for the URLs of repositories. Pure: no system calls, any thread.
namespace sandboxd::git {

/// How a repository is reached, as git reads its URL: the scheme in lower case (`ssh` for `user@host:path`
/// and for `git+ssh`, `file` for a path, the name of the remote helper for `ext::...`).
[[nodiscard]] std::string scheme_of(std::string_view url);

/// The same as libgit2 1.5 reads it, which takes anything unknown that holds a colon for SSH.
[[nodiscard]] std::string library_scheme_of(std::string_view url);

/// The words of a list such as "https, http,ssh", in lower case.
[[nodiscard]] std::vector<std::string> split_schemes(std::string_view list);

[[nodiscard]] bool is_allowed(std::string_view scheme, const std::vector<std::string>& allowed);

/// A URL in its parts, as far as a clone cares for them.
struct url_parts {
  std::string scheme; ///< as written, without "://"; empty for paths and `user@host:path`
  std::string user;   ///< as written, still percent-encoded
  std::string password;
  bool has_user = false;
  bool has_password = false;
  std::string host; ///< with the port
  std::string path; ///< with its leading slash, query and fragment included
};
[[nodiscard]] url_parts split_url(std::string_view url);

/// The URL without user and password.
[[nodiscard]] std::string without_credentials(std::string_view url);

/// `text` with `******` in place of the credentials of every URL in it: all before the `@` for http and
/// https, a user with a password for the others. A user name alone is no secret of ssh.
[[nodiscard]] std::string redact(std::string_view text);

/// The same, and nowhere in `text` the credentials of `url`, however the text came to hold them.
[[nodiscard]] std::string redact(std::string_view text, std::string_view url);

/// `%41` as `A`; what is no such sequence stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// What dialect B calls a clone for which no directory is given (HTTP.md 7): the last segment of the path
/// without `.git`, else `repository`.
[[nodiscard]] std::string default_directory_name(std::string_view url);

} // namespace sandboxd::git
