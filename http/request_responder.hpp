#pragma once

#include "http/exchange.hpp"
#include "http/served_request.hpp"

#include <memory>
#include <utility>

namespace sandboxd::http {

/// The responder that handlers get. Answers 500 when it is destroyed without an answer.
class request_responder : public responder {
public:
  explicit request_responder(std::shared_ptr<served_request> served) : served_(std::move(served)) {}
  request_responder(const request_responder&) = delete;
  request_responder& operator=(const request_responder&) = delete;
  ~request_responder() override;

  void send(response whole) override;
  std::shared_ptr<response_stream> stream(int status, header_list headers, stream_kind kind) override;

  void on_left(std::function<void()> left) override;

  void mark_internal() override { served_->mark_internal(); }

  /// Answers 500 when there is no answer yet.
  void fail(const std::string& message);

private:
  class departure;

  std::shared_ptr<served_request> served_;
  std::shared_ptr<departure> departure_; ///< the connection knows it weakly
};

} // namespace sandboxd::http
