#pragma once

#include "actors/file_client.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"
#include "http/exchange.hpp"
#include "http/json_fields.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace sandboxd::http {

/// Reads the members that requests about files have in common, by the rules of the dialect (HTTP.md 6.1).
class file_request_reader {
public:
  /// `body` must outlive the reader.
  file_request_reader(const request& sent, nlohmann::ordered_json& body, dialect spoken);

  /// A path. `may_be_root`: dialect A allows "/" here.
  [[nodiscard]] std::string path(std::string_view name, bool may_be_root = false);

  /// The other members.
  [[nodiscard]] field_reader& fields() noexcept { return fields_; }

  /// The file at `path` in the view of the request's session.
  [[nodiscard]] actors::file_target target(std::string path);

  /// What is wrong with the request, if anything is.
  [[nodiscard]] std::optional<error_report> fault() const;

private:
  const request& sent_;
  nlohmann::ordered_json& body_;
  dialect spoken_;
  field_reader fields_;
  std::optional<error_report> path_fault_;
};

/// Whether dialect A refuses a path: "/" and the system's directories, with all in them, and any "..". Its
/// reference matches prefixes; here whole components count (HTTP.md 6.1).
[[nodiscard]] bool is_dangerous_in_a(std::string_view path);

} // namespace sandboxd::http
