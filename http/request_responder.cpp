#include "http/request_responder.hpp"

#include "http/streamed_response.hpp"

#include <fmt/format.h>

#include <exception>

namespace sandboxd::http {

request_responder::~request_responder() {
  try {
    fail("The request was dropped without an answer");
  } catch (const std::exception& fault) {
    served_->shared().report(fault.what());
  }
}

void request_responder::send(response whole) {
  if (served_->claim_answer())
    served_->answer(std::move(whole));
  else
    served_->shared().report(fmt::format("request {} is answered a second time", served_->what().id));
}

std::shared_ptr<response_stream> request_responder::stream(int status, header_list headers,
                                                           stream_kind kind) {
  if (served_->claim_answer())
    return open_stream(served_, status, headers, kind);
  served_->shared().report(fmt::format("request {} is answered a second time", served_->what().id));
  return closed_stream(served_);
}

void request_responder::fail(const std::string& message) {
  if (!served_->claim_answer())
    return;
  served_->shared().report(fmt::format("request {}: {}", served_->what().id, message));
  served_->answer(served_->shared().refuse({500, message}));
}

} // namespace sandboxd::http
