#pragma once

#include "http/error_body.hpp"
#include "http/exchange.hpp"
#include "inspector/services.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::inspector {

/// A request to the inspector, and what is needed to answer it. Copies are cheap.
struct call {
  http::request_ptr sent;
  http::responder_ptr answer;
  std::shared_ptr<const services> with;

  /// Answers 200 with JSON text.
  void send_json(std::string json) const;
  void send_error(const http::error_report& report) const;
  /// The same of an error that is of nobody's making but the state of things.
  void send_problem(int status, std::string code, std::string message) const;

  /// A parameter of the query; empty when there is none.
  [[nodiscard]] std::string parameter(std::string_view name) const;

  /// A parameter that is a whole number from `least` to `most`, `otherwise` when there is none. Answers 400
  /// and returns nothing when it is something else.
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name, std::uint64_t otherwise,
                                                    std::uint64_t least, std::uint64_t most) const;
};

} // namespace sandboxd::inspector
