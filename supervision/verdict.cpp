#include "supervision/verdict.hpp"

namespace sandboxd::supervision {

namespace {

bool restart_is_due(restart_type type, const std::optional<exit_cause>& cause) {
  if (!cause) // a restart was due before and could not be carried out
    return true;
  switch (type) {
  case restart_type::permanent:
    return true;
  case restart_type::transient:
    return cause->kind == exit_kind::killed || cause->kind == exit_kind::failure;
  case restart_type::temporary:
    return false;
  }
  return false;
}

} // namespace

std::string_view to_string(restart_type type) noexcept {
  switch (type) {
  case restart_type::permanent:
    return "permanent";
  case restart_type::transient:
    return "transient";
  case restart_type::temporary:
    return "temporary";
  }
  return "unknown";
}

std::string_view to_string(strategy strategy) noexcept {
  switch (strategy) {
  case strategy::one_for_one:
    return "one_for_one";
  case strategy::one_for_all:
    return "one_for_all";
  case strategy::rest_for_one:
    return "rest_for_one";
  case strategy::dynamic:
    return "dynamic";
  }
  return "unknown";
}

restart_group group_of(supervision::strategy strategy, const std::vector<restart_type>& children,
                       std::size_t failed) {
  auto first = failed;
  auto last = failed + 1;
  if (strategy == strategy::one_for_all)
    first = 0;
  if (strategy == strategy::one_for_all || strategy == strategy::rest_for_one)
    last = children.size();
  restart_group group;
  for (auto position = last; position-- > first;)
    if (position != failed)
      group.stop.push_back(position);
  for (auto position = first; position < last; ++position)
    if (children[position] != restart_type::temporary)
      group.start.push_back(position);
  return group;
}

verdict decide(const restart_question& question) {
  const auto type = question.children.at(question.failed);
  verdict result{verdict::action::rest, {}, question.history};
  if (!restart_is_due(type, question.cause)) {
    // A dynamic child is known by its id only as long as it lives.
    const bool gone = type == restart_type::temporary || question.strategy == strategy::dynamic;
    result.what = gone ? verdict::action::forget : verdict::action::rest;
  } else if (!result.history.add(question.now)) {
    result.what = verdict::action::give_up;
  } else {
    result.what = verdict::action::restart;
    result.group = group_of(question.strategy, question.children, question.failed);
  }
  return result;
}

} // namespace sandboxd::supervision
