#include "http/request_responder.hpp"

#include "http/streamed_response.hpp"

#include <asio/dispatch.hpp>
#include <fmt/format.h>

#include <exception>
#include <utility>

namespace sandboxd::http {

/// Tells, once, that the client has left.
class request_responder::departure : public connection_watcher {
public:
  departure(std::weak_ptr<served_request> served, std::function<void()> left)
      : served_(std::move(served)), left_(std::move(left)) {}

  void connection_lost(outcome) override {
    const auto left = std::exchange(left_, nullptr);
    const auto served = served_.lock();
    if (left && served)
      served->shared().protect(left);
  }

  void client_stopped_sending() override {
    if (const auto served = served_.lock())
      served->cut(outcome::client_gone);
  }

private:
  const std::weak_ptr<served_request> served_;
  std::function<void()> left_;
};

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

void request_responder::on_left(std::function<void()> left) {
  departure_ = std::make_shared<departure>(served_, std::move(left));
  asio::dispatch(served_->strand(), [served = served_, watcher = departure_] {
    served->watch(watcher);
    if (!served->is_over() && served->client_stopped_sending_already())
      watcher->client_stopped_sending();
  });
}

void request_responder::fail(const std::string& message) {
  if (!served_->claim_answer())
    return;
  served_->shared().report(fmt::format("request {}: {}", served_->what().id, message));
  served_->answer(served_->shared().refuse({500, message}));
}

} // namespace sandboxd::http
