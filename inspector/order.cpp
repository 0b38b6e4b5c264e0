#include "inspector/order.hpp"

#include "http/json_fields.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

namespace sandboxd::inspector {

order::order(call incoming, std::shared_ptr<const nlohmann::json> body)
    : incoming_(std::move(incoming)), body_(std::move(body)) {}

std::optional<order> order::read(const call& incoming) {
  const auto* type = incoming.sent->header("Content-Type");
  const bool is_json = type != nullptr && type->starts_with("application/json");
  auto body = is_json ? nlohmann::json::parse(incoming.sent->body, nullptr, false) : nlohmann::json();
  if (body.is_object())
    return order(incoming, std::make_shared<const nlohmann::json>(std::move(body)));
  incoming.send_error(http::validation_report(
      {{is_json ? "body" : "Content-Type",
        is_json ? "The body must be a JSON object" : "The body must be sent as application/json",
        "invalid_type"}}));
  return std::nullopt;
}

std::optional<std::string> order::text(std::string_view name) const {
  const auto found = body_->find(name);
  if (found != body_->end() && found->is_string())
    return found->get<std::string>();
  refuse(name, fmt::format("{} must be a text", name), found == body_->end() ? "required" : "invalid_type");
  return std::nullopt;
}

std::optional<std::uint64_t> order::number(std::string_view name, std::uint64_t most) const {
  const auto found = body_->find(name);
  if (found != body_->end() && found->is_number_unsigned() && found->get<std::uint64_t>() <= most)
    return found->get<std::uint64_t>();
  refuse(name, fmt::format("{} must be a whole number from 0 to {}", name, most),
         found == body_->end() ? "required" : "invalid_value");
  return std::nullopt;
}

void order::refuse(std::string_view field, std::string message, std::string code) const {
  incoming_.send_error(http::validation_report({{std::string(field), std::move(message), std::move(code)}}));
}

void order::note(std::string path, std::string text) const {
  supervision::journal_event event;
  event.path = std::move(path);
  event.text = "by the inspector: " + std::move(text);
  incoming_.with->observer->events.append(std::move(event));
}

void order::accept() const {
  incoming_.answer->send({202, {{"Content-Type", "application/json"}}, R"({"success":true})"});
}

} // namespace sandboxd::inspector
