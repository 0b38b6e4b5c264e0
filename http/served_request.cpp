#include "http/served_request.hpp"

#include <exception>
#include <utility>

namespace sandboxd::http {

served_request::served_request(std::shared_ptr<transport> shared, std::shared_ptr<connection_guard> guard,
                               origin from, description what)
    : shared_(std::move(shared)), guard_(std::move(guard)), connection_(std::move(from.connection)),
      number_(from.number), what_(std::move(what)), sent_before_(guard_->bytes_sent()),
      keep_alive_(from.keep_alive) {}

std::string served_request::make_head(int status, const header_list& headers, response_framing framing,
                                      std::size_t content_length) {
  if (shared_->draining || framing == response_framing::until_close)
    keep_alive_ = false;
  status_ = status;
  return response_head(status, headers,
                       {framing, content_length, keep_alive_, what_.id, shared_->hooks.any_origin});
}

void served_request::answer(response whole) {
  restinio::writable_items_container_t bytes;
  bytes.reserve(2);
  bytes.emplace_back(make_head(whole.status, whole.headers, response_framing::counted, whole.body.size()));
  if (!whole.body.empty() && !what_.head_only && !is_bodiless(whole.status))
    bytes.emplace_back(std::move(whole.body));
  send(std::move(bytes), part::last, [self = shared_from_this(), code = std::move(whole.code)](bool ok) {
    self->finish(ok ? outcome::complete : outcome::client_gone, code);
  });
}

void served_request::send(restinio::writable_items_container_t bytes, part which,
                          std::function<void(bool ok)> sent) {
  // What RESTinio's response builders do at their end. They cannot say what HEAD, 204 and HTTP/1.0 need.
  using namespace restinio;
  auto connection = connection_.lock();
  if (!connection)
    return; // `connection_lost` has told everybody
  write_group_t group(std::move(bytes));
  group.after_write_notificator([sent = std::move(sent)](const asio::error_code& fault) { sent(!fault); });
  response_output_flags_t flags(
      which == part::some ? response_parts_attr_t::not_final_parts : response_parts_attr_t::final_parts,
      which != part::broken && keep_alive_ ? response_connection_attr_t::connection_keepalive
                                           : response_connection_attr_t::connection_close);
  connection->write_response_parts(number_, flags, std::move(group));
}

void served_request::finish(outcome how, std::string code) {
  if (std::exchange(finished_, true))
    return;
  watcher_.reset();
  guard_->request_over();
  auto duration = std::chrono::steady_clock::now() - what_.began;
  shared_->log({what_.id, guard_->client_name(), what_.head_only ? "HEAD" : what_.method, what_.path, status_,
                what_.bytes_in, guard_->bytes_sent() - sent_before_,
                std::chrono::duration_cast<std::chrono::microseconds>(duration), how, std::move(code),
                what_.sandbox_id, what_.trace_id, internal_, what_.trace});
}

void served_request::watch(std::weak_ptr<connection_watcher> watcher) {
  if (finished_) {
    if (auto told = watcher.lock(); told && lost_)
      told->connection_lost(outcome::client_gone);
    return;
  }
  watcher_ = std::move(watcher);
}

void served_request::connection_lost(outcome why) {
  if (finished_)
    return;
  lost_ = true;
  auto watcher = watcher_.lock();
  finish(why);
  if (watcher)
    watcher->connection_lost(why);
}

void served_request::client_stopped_sending() {
  if (auto watcher = watcher_.lock())
    watcher->client_stopped_sending();
}

} // namespace sandboxd::http
