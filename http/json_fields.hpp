#pragma once

#include "actors/messages.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::http {

/// Faults of one request that are told; what follows is not looked at where it could be endless.
inline constexpr std::size_t most_field_errors = 20;

/// Longest session id that is accepted; the SDK's own have some forty bytes.
inline constexpr std::size_t max_session_id_bytes = 256;

/// Longest path that is accepted: PATH_MAX of Linux.
inline constexpr std::size_t max_path_bytes = 4096;

/// Longest variable that a program can be started with: `NAME=value` with its NUL (MAX_ARG_STRLEN of Linux).
inline constexpr std::size_t max_variable_bytes = std::size_t{128} * 1024;

/// Most bytes of all variables given together, each counted as above and with its pointer: half of what Linux
/// leaves for arguments and environment under the usual limit of the stack (a quarter of 8 MiB).
inline constexpr std::size_t max_variables_bytes = std::size_t{1024} * 1024;

/// One entry of `context.validationErrors` (HTTP.md 3.2).
struct field_error {
  std::string field;
  std::string message;
  /// `required`, `invalid_type` or `invalid_value`.
  std::string code;
};

/// The member of a JSON object; null when it is not given, and when it is given as null.
[[nodiscard]] const nlohmann::ordered_json* member(const nlohmann::ordered_json& object,
                                                   std::string_view name);

/// Whether there is nothing but white space.
[[nodiscard]] bool is_blank(std::string_view text);

/// Reads the members of a request body and collects what is wrong with them. A member that is absent or null
/// is "not given"; long strings are moved out of the body, not copied.
class field_reader {
public:
  /// `object` must be a JSON object and outlive the reader.
  explicit field_reader(nlohmann::ordered_json& object) : object_(object) {}

  /// A string without NUL, which no shell word, path or variable can hold.
  [[nodiscard]] std::optional<std::string> text(std::string_view name);
  [[nodiscard]] std::optional<bool> boolean(std::string_view name);
  /// A count of milliseconds, zero or more; fractions are rounded up, more than a century counts as a
  /// century.
  [[nodiscard]] std::optional<std::chrono::milliseconds> milliseconds(std::string_view name);
  /// An object of strings whose names are shell identifiers; null values are skipped (HTTP.md 4.3).
  [[nodiscard]] actors::environment environment(std::string_view name);

  /// Complains of those of `variables`, the member `name`, with which the kernel would start no program.
  void check_variable_sizes(std::string_view name, const actors::environment& variables);

  /// Adds a complaint of the caller's own.
  void reject(std::string field, std::string message, std::string code = "invalid_value");

  /// Complains of a session id, wherever it came from, that no session can have.
  void check_session_id(std::string_view name, std::string_view id);

  [[nodiscard]] const std::vector<field_error>& errors() const noexcept { return errors_; }

private:
  nlohmann::ordered_json* given(std::string_view name);
  void wrong_type(std::string_view name, std::string_view wanted);

  nlohmann::ordered_json& object_;
  std::vector<field_error> errors_;
};

} // namespace sandboxd::http
