#include "supervision/spawn_scope.hpp"

#include <optional>
#include <string>
#include <utility>

namespace sandboxd::supervision {

namespace {

thread_local std::optional<spawn_scope> offered;

} // namespace

spawn_scope::offer::offer(spawn_scope scope) {
  offered = std::move(scope);
}

spawn_scope::offer::~offer() {
  offered.reset();
}

spawn_scope spawn_scope::take() {
  auto taken = std::exchange(offered, std::nullopt);
  auto scope = taken ? std::move(*taken)
                     : spawn_scope{std::make_shared<actor_record>(std::string{}), nullptr, nullptr, {}};
  scope.origin = current_origin();
  return scope;
}

} // namespace sandboxd::supervision
