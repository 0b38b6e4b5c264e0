#include "supervision/actor_base_details.hpp"

#include "supervision/errors.hpp"
#include "supervision/injected_fault.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <stdexcept>
#include <string>
#include <utility>

namespace sandboxd::supervision {

caf::error exception_to_error(const std::exception_ptr& thrown) {
  std::string text = "not derived from std::exception";
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& problem) {
    text = problem.what();
  } catch (...) { // NOLINT(bugprone-empty-catch): the text above says all there is to say
  }
  return make_supervision_error(supervision_error::exception, std::move(text));
}

void throw_injected_fault(const injected_fault& fault) {
  throw std::runtime_error(fault.text);
}

void notify_started(const caf::weak_actor_ptr& supervisor, caf::actor_id who) {
  if (const auto receiver = caf::actor_cast<caf::actor>(supervisor))
    caf::anon_send(receiver, child_started{who});
}

} // namespace sandboxd::supervision
