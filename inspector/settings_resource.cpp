#include "inspector/settings_resource.hpp"

#include "config/table.hpp"
#include "http/json_writer.hpp"
#include "inspector/order.hpp"

#include <fmt/format.h>

#include <string>
#include <variant>

namespace sandboxd::inspector::settings_resource {

namespace {

std::string literal_of(const config::key& key, const config::settings& values) {
  return config::to_literal(key.get(values), key.allowed);
}

std::string document(const config::key& key, const config::configuration& current) {
  static const config::settings built_in;
  const auto source = current.sources.find(key.name);
  const auto overridden = current.overridden.find(key.name);
  const auto value = literal_of(key, current.values);
  return http::json_writer()
      .text("name", key.name)
      .text("value", value)
      .text("configured", overridden == current.overridden.end() ? value : overridden->second)
      .text("default", literal_of(key, built_in))
      .text("origin", source == current.sources.end() ? "default" : source->second)
      .boolean("live", key.live)
      .text("documentation", key.documentation)
      .finish();
}

} // namespace

void list(const call& incoming) {
  const auto current = incoming.with->configuration();
  std::string all = "[";
  for (const auto& key : config::table())
    all += (all.size() > 1 ? "," : "") + document(key, *current);
  incoming.send_json(http::json_writer().raw("settings", all + "]").finish());
}

void change(const call& incoming) {
  const auto given = order::read(incoming);
  const auto name = given ? given->text("name") : std::nullopt;
  const auto literal = name ? given->text("value") : std::nullopt;
  if (!literal)
    return;
  const auto* key = config::find_key(*name);
  if (key == nullptr)
    return given->refuse("name", "There is no setting " + *name);
  if (!key->live)
    return given->refuse("name", *name + " takes effect with a restart only");
  const auto done = [given = *given, key, literal = *literal](const services::changed& outcome) {
    if (const auto* refused = std::get_if<order_refused>(&outcome))
      return given.refuse("value", refused->why);
    given.note("/root", fmt::format("{} = {}", key->name, literal));
    given.incoming().send_json(
        document(*key, *std::get<std::shared_ptr<const config::configuration>>(outcome)));
  };
  incoming.with->change_setting(*name, *literal, done);
}

} // namespace sandboxd::inspector::settings_resource
