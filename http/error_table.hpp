#pragma once

#include "actors/errors.hpp"
#include "http/dialect.hpp"

#include <string>
#include <string_view>

namespace sandboxd::http {

/// How one failure appears on the wire.
struct error_entry {
  actors::error_code code;
  /// The code of the SDK, which chooses the exception class there (HTTP.md 3.2).
  std::string_view sdk_code;
  /// Nominal HTTP status for clients of dialect B and unknown ones; it stands in `httpStatus`.
  int status;
  /// The same for dialect A, which knows no codes and fewer states.
  int status_in_a;
  /// Value of the `Retry-After` header in seconds; 0 sends none. Only transient states have one: clients
  /// repeat a 503 for two minutes (HTTP.md 1.6).
  int retry_after_seconds;

  [[nodiscard]] int nominal_status(dialect spoken) const {
    return spoken == dialect::a ? status_in_a : status;
  }
};

/// The row of a code. Every code has one.
[[nodiscard]] const error_entry& entry_of(actors::error_code code);

/// The advice the SDK itself gives for this failure (HTTP.md 3.2), or an empty string.
[[nodiscard]] std::string suggestion_for(const actors::failure& reason);

} // namespace sandboxd::http
