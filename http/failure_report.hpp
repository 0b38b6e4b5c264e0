#pragma once

#include "actors/errors.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// What was being done when a failure came, for the texts that name it (HTTP.md 4.1 to 4.6).
struct failed_operation {
  dialect spoken = dialect::unknown;
  /// What dialect A calls the failure, for example "Command execution failed".
  std::string_view a_text;
  /// The command and where it ran; empty for operations that are no command.
  std::string_view command;
  std::string_view session;
  /// Whether it ran outside of any session.
  bool sessionless = false;
  /// `containerPlacementId` of the answer to a duplicate creation; empty means unknown.
  std::string_view placement_id;
};

/// The answer to a failure reported by the actors, with the texts and context fields of the dialect.
[[nodiscard]] error_report report_failure(const actors::failure& reason, const failed_operation& operation);

} // namespace sandboxd::http
