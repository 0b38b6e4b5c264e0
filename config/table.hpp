#pragma once

#include "config/settings.hpp"
#include "config/value.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

/// The one table of every key. Parsing, checks, `--help`, `--print-config`, the shipped `sandboxd.conf` and
/// its documentation are all derived from it: a new key is one member in `settings.hpp` and one line in
/// `table.cpp`.
namespace sandboxd::config {

/// Turns the text of an environment variable that older programs know into the literal of the key.
using translation = std::string (*)(std::string_view);

/// An environment variable known from the reference container server (HTTP.md section 16.1).
struct known_variable {
  std::string_view name;    ///< empty: the key has none
  translation to_literal{}; ///< null: the text is the literal
};

/// One setting.
struct key {
  std::string_view name;          ///< `group.name`
  domain allowed;                 ///< kind and bounds
  bool live = false;              ///< SIGHUP applies a change without a restart
  known_variable variable;        ///< besides `variable_of(key)`
  std::string_view documentation; ///< one line, no full stop
  std::function<value(const settings&)> get;
  std::function<void(settings&, const value&)> set; ///< takes only what `read_value` accepted
};

/// All keys, those of one group together, in the order of the shipped file.
std::span<const key> table();

/// The key called `name`, or null.
const key* find_key(std::string_view name);

/// The key whose name is nearest to `name`, or empty when none is near enough to be a likely slip of the pen.
std::string_view nearest_key(std::string_view name);

/// The group of a key: `http` of `http.port`.
std::string_view group_of(std::string_view key_name);

/// The environment variable that sets a key: `SANDBOXD_HTTP_IO_THREADS` for `http.io-threads`.
std::string variable_of(std::string_view key_name);

/// The allowed values and the default in words, for help and the shipped file.
std::string describe(const key& which);

/// Two keys of which the first must not exceed the second (a second of 0 = no limit).
struct ordering {
  std::string_view smaller;
  std::string_view larger;
};

/// Every such pair.
std::span<const ordering> orderings();

} // namespace sandboxd::config
