#include "bench/client.hpp"

#include <array>
#include <cerrno>
#include <sys/epoll.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::bench {

using steady = std::chrono::steady_clock;

/// One connection and its conversation.
struct client::line {
  line(endpoint server, conversation* partner) : wire(std::move(server)), talk(partner) {}

  connection wire;
  conversation* talk;
  steady::time_point asked_at;
  bool busy = false;

  answer seen(std::string error = {}) {
    return {wire.response().status(), wire.response().body(), steady::now() - asked_at, std::move(error)};
  }
};

std::string http_request(std::string_view method, std::string_view path, std::string_view body,
                         std::string_view fields) {
  std::string request;
  request.reserve(160 + body.size());
  request.append(method).append(" ").append(path).append(" HTTP/1.1\r\nHost: localhost:3000\r\n");
  request.append(fields);
  if (!body.empty())
    request.append("Content-Type: application/json\r\nContent-Length: ")
        .append(std::to_string(body.size()))
        .append("\r\n");
  return request.append("\r\n").append(body);
}

bool conversation::go_on(const answer&) {
  return true;
}

namespace {

/// Asks one question.
class single_question : public conversation {
public:
  explicit single_question(std::string request) : request_(std::move(request)) {}

  std::optional<std::string> next() override { return std::exchange(request_, std::nullopt); }

  void finished(const answer& whole) override {
    reply_ = {whole.status, std::string(whole.body), whole.elapsed, whole.error};
  }

  const reply& result() const { return reply_; }

private:
  std::optional<std::string> request_;
  reply reply_;
};

} // namespace

reply ask(const endpoint& server, std::string request, std::chrono::milliseconds patience) {
  single_question question(std::move(request));
  client(server, {&question}, patience).run();
  return question.result();
}

client::client(const endpoint& server, const std::vector<conversation*>& conversations,
               std::chrono::milliseconds patience)
    : patience_(patience), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0)
    throw std::system_error(errno, std::generic_category(), "epoll_create1");
  for (auto* talk : conversations)
    lines_.push_back(std::make_unique<line>(server, talk));
}

client::~client() {
  close(epoll_);
}

void client::run() {
  for (auto& it : lines_) {
    if (it->wire.abandoned())
      it->wire.close();
    start_next(*it);
  }
  std::array<epoll_event, 64> events;
  auto next_check = steady::now() + std::chrono::seconds(1);
  while (busy_ > 0) {
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1000);
    if (count < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "epoll_wait");
    for (int index = 0; index < count; ++index)
      ready(*static_cast<line*>(events[index].data.ptr), events[index].events);
    if (steady::now() >= next_check) {
      end_overdue();
      next_check = steady::now() + std::chrono::seconds(1);
    }
  }
}

void client::start_next(line& it) {
  auto request = it.talk->next();
  if (!request)
    return;
  if (!it.wire.is_open())
    reopen(it);
  it.busy = true;
  ++busy_;
  it.asked_at = steady::now();
  it.wire.send(std::move(*request));
  if (it.wire.sending())
    watch(it, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
}

void client::ready(line& it, unsigned events) {
  if (!it.busy) { // the server closed a resting connection
    it.wire.close();
    return;
  }
  if ((events & EPOLLOUT) != 0 && it.wire.flush() && !it.wire.sending())
    watch(it, EPOLL_CTL_MOD, EPOLLIN);
  if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0)
    return;
  const bool open = it.wire.receive();
  auto& response = it.wire.response();
  if (response.broken())
    finish(it, response.error());
  else if (response.done())
    finish(it, {});
  else if (!open)
    finish(it, "connection closed");
  else if (!it.talk->go_on(it.seen())) {
    it.wire.close();
    it.busy = false;
    --busy_;
    start_next(it);
  }
}

void client::finish(line& it, std::string error) {
  const bool reusable = error.empty() && it.wire.response().keep_alive();
  it.busy = false;
  --busy_;
  it.talk->finished(it.seen(std::move(error)));
  if (!reusable)
    it.wire.close();
  start_next(it);
}

void client::reopen(line& it) {
  it.wire.open();
  watch(it, EPOLL_CTL_ADD, EPOLLIN);
}

void client::watch(const line& it, int operation, unsigned events) const {
  epoll_event event{};
  event.events = events;
  event.data.ptr = const_cast<line*>(&it);
  if (epoll_ctl(epoll_, operation, it.wire.descriptor(), &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void client::end_overdue() {
  const auto now = steady::now();
  for (auto& it : lines_)
    if (it->busy && now - it->asked_at > patience_)
      finish(*it, "no answer in time");
}

} // namespace sandboxd::bench
