#include "supervision/actor_base_details.hpp"

#include "supervision/errors.hpp"
#include "supervision/injected_fault.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <typeinfo>
#include <utility>

namespace sandboxd::supervision {

traced_handling::traced_handling(actor_record& record, const caf::mailbox_element& element)
    : record_(record), taken_(record.traced().take(&element)) {
  if (!taken_)
    return;
  span one;
  one.parent = taken_->origin.span;
  one.is_message = true;
  const auto& content = element.content();
  const auto* type = content.empty() ? nullptr : content.type(0).second;
  one.name = element.mid.is_response() ? "answer" : type == nullptr ? "message" : type->name();
  one.path = record.shared_path();
  one.process = record.process();
  one.begin = trace::clock::now();
  one.waited = std::chrono::duration_cast<std::chrono::microseconds>(one.begin - taken_->sent);
  span_ = taken_->origin.of->begin(std::move(one));
  scope_.emplace(trace_origin{taken_->origin.of, span_});
}

traced_start::traced_start(const actor_record& record, const trace_origin& origin)
    : work_(origin, "start", record.shared_path(), record.process()), scope_(work_.origin()) {}

traced_handling::~traced_handling() {
  if (taken_)
    taken_->origin.of->end(span_);
}

void traced_handling::skip() {
  if (!taken_)
    return;
  taken_->origin.of->end(span_, "put off");
  record_.traced().expect(*std::exchange(taken_, std::nullopt));
}

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
