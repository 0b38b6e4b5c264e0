#pragma once

#include "inspector/call.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::inspector {

/// The body of a request that changes something: a JSON object. What is wrong with it is answered 400 with
/// the field's name, once; the functions then return nothing.
class order {
public:
  /// Nothing when the body is no JSON object, or was not sent as application/json, which a form on a page of
  /// another origin could send without being asked.
  static std::optional<order> read(const call& incoming);

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  [[nodiscard]] std::optional<std::uint64_t> number(std::string_view name, std::uint64_t most) const;

  [[nodiscard]] const call& incoming() const noexcept { return incoming_; }

  /// Answers 400 for a field.
  void refuse(std::string_view field, std::string message, std::string code = "invalid_value") const;

  /// Notes in the journal that people have ordered something.
  void note(std::string path, std::string text) const;

  /// Answers 202.
  void accept() const;

private:
  order(call incoming, std::shared_ptr<const nlohmann::json> body);

  call incoming_;
  std::shared_ptr<const nlohmann::json> body_;
};

} // namespace sandboxd::inspector
