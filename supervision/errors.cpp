#include "supervision/errors.hpp"

#include <caf/atom.hpp>
#include <caf/exit_reason.hpp>
#include <caf/message.hpp>
#include <caf/sec.hpp>

#include <utility>

namespace sandboxd::supervision {

namespace {

constexpr auto our_category = caf::detail::error_factory<supervision_error>::category;

std::string text_of(const caf::error& reason) {
  const auto& context = reason.context();
  if (!context.empty() && context.match_element<std::string>(0))
    return context.get_as<std::string>(0);
  return {};
}

} // namespace

std::string_view to_string(supervision_error code) noexcept {
  switch (code) {
  case supervision_error::shutdown:
    return "shutdown";
  case supervision_error::gave_up:
    return "gave_up";
  case supervision_error::exception:
    return "exception";
  case supervision_error::start_failed:
    return "start_failed";
  case supervision_error::start_timed_out:
    return "start_timed_out";
  case supervision_error::not_found:
    return "not_found";
  case supervision_error::already_started:
    return "already_started";
  case supervision_error::already_present:
    return "already_present";
  case supervision_error::running:
    return "running";
  case supervision_error::restarting:
    return "restarting";
  case supervision_error::dynamic_children:
    return "dynamic_children";
  case supervision_error::too_many_children:
    return "too_many_children";
  case supervision_error::invalid_spec:
    return "invalid_spec";
  case supervision_error::stopping:
    return "stopping";
  case supervision_error::stopped:
    return "stopped";
  case supervision_error::temporary:
    return "temporary";
  }
  return "unknown";
}

caf::error make_supervision_error(supervision_error code, std::string text) {
  return caf::make_error(code, std::move(text));
}

bool is(const caf::error& reason, supervision_error code) noexcept {
  return reason && reason.category() == our_category && reason.code() == static_cast<std::uint8_t>(code);
}

caf::error polite_exit() {
  return caf::exit_reason::user_shutdown;
}

exit_cause classify(const caf::error& reason) {
  if (!reason)
    return {exit_kind::normal, {}};
  if (reason == caf::exit_reason::user_shutdown)
    return {exit_kind::shutdown, {}};
  if (reason == caf::exit_reason::kill)
    return {exit_kind::killed, {}};
  if (is(reason, supervision_error::shutdown)) // whose name is that of the class
    return {exit_kind::shutdown, text_of(reason)};
  if (is(reason, supervision_error::gave_up))
    return {exit_kind::shutdown, describe(reason)};
  return {exit_kind::failure, describe(reason)};
}

std::string describe(const caf::error& reason) {
  if (!reason)
    return "normal";
  if (reason.category() == caf::atom("exit"))
    return caf::to_string(static_cast<caf::exit_reason>(reason.code()));
  if (reason.category() == caf::atom("system"))
    return caf::to_string(static_cast<caf::sec>(reason.code()));
  if (reason.category() != our_category)
    return caf::to_string(reason);
  std::string words{to_string(static_cast<supervision_error>(reason.code()))};
  if (const auto text = text_of(reason); !text.empty())
    words.append(": ").append(text);
  return words;
}

} // namespace sandboxd::supervision
