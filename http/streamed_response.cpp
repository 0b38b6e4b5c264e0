#include "http/streamed_response.hpp"

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::http {

namespace {

/// Pieces below this are copied together, so that an event costs no buffer of its own.
constexpr std::size_t small_piece_bytes = 4096;

using clock = std::chrono::steady_clock;

/// The sending side of one streamed answer. Everything runs on the connection's strand.
class stream_body : public connection_watcher, public std::enable_shared_from_this<stream_body> {
public:
  enum class ending { none, finished, broken };

  stream_body(std::shared_ptr<served_request> served, stream_kind kind, response_framing framing,
              std::string head)
      : served_(std::move(served)), kind_(kind), framing_(framing), head_(std::move(head)),
        quiet_(served_->strand()) {}

  [[nodiscard]] const connection_guard::strand_type& strand() const { return served_->strand(); }

  template <typename Callback>
  void protect(const Callback& callback) noexcept {
    served_->shared().protect(callback);
  }

  /// Runs a step of the answer. One that fails (memory) may have lost bytes, and a body with a hole must not
  /// look whole; nor may the client wait for what will never be sent. So the connection ends.
  template <typename Step>
  void guarded(const Step& step) noexcept {
    protect([&] {
      try {
        step();
      } catch (...) {
        served_->cut(outcome::cut);
        throw;
      }
    });
  }

  void open() {
    served_->watch(weak_from_this());
    if (!lost_ && served_->client_stopped_sending_already())
      client_stopped_sending();
    if (!lost_)
      flush_soon();
  }

  void start_lost() { lost_ = true; }

  void write(std::string bytes) {
    if (lost_ || ending_ != ending::none || bytes.empty())
      return;
    unreported_ += bytes.size();
    pieces_.push_back(std::move(bytes));
    flush_soon();
  }

  void end(ending how) {
    if (lost_ || ending_ != ending::none)
      return;
    ending_ = how;
    quiet_.cancel();
    flush_soon();
  }

  void on_drained(std::function<void(std::size_t)> drained) {
    if (!lost_)
      drained_ = std::move(drained);
  }

  void on_closed(std::function<void()> closed) {
    if (lost_)
      call(closed);
    else if (!done_)
      closed_ = std::move(closed);
  }

  void keep_alive(std::string text, std::chrono::milliseconds interval) {
    if (lost_ || ending_ != ending::none || served_->what().head_only)
      return;
    keepalive_text_ = std::move(text);
    keepalive_interval_ = interval;
    if (interval.count() > 0)
      await_quiet();
    else
      quiet_.cancel();
  }

  void connection_lost(outcome) override {
    lost_ = true;
    pieces_.clear();
    quiet_.cancel();
    drained_ = nullptr;
    if (auto closed = std::exchange(closed_, nullptr))
      call(closed);
  }

  void client_stopped_sending() override {
    // Who follows events and has stopped sending cannot be told from one that left.
    if (kind_ == stream_kind::events && ending_ == ending::none)
      served_->cut(outcome::client_gone);
  }

private:
  template <typename Callback, typename... Values>
  void call(const Callback& callback, Values... values) {
    protect([&] { callback(values...); });
  }

  /// Posted, so that all that is written in one turn leaves in one piece.
  void flush_soon() {
    if (sending_ || flush_posted_)
      return;
    asio::post(strand(), [self = shared_from_this()] {
      self->flush_posted_ = false;
      self->guarded([&] { self->flush(); });
    });
    flush_posted_ = true; // not when the post has thrown
  }

  void flush() {
    if (sending_ || lost_ || done_ || (head_.empty() && pieces_.empty() && ending_ == ending::none))
      return;
    auto reported = std::exchange(unreported_, 0);
    auto part = served_request::part::some;
    if (ending_ != ending::none) {
      done_ = true;
      part = ending_ == ending::finished ? served_request::part::last : served_request::part::broken;
    }
    auto items = framed();
    sending_ = true; // until `sent`, which only what has been built can bring
    served_->send(std::move(items), part,
                  [self = shared_from_this(), reported](bool ok) { self->sent(ok, reported); });
  }

  /// Everything queued as one chunk, behind the head when that has not left yet.
  restinio::writable_items_container_t framed() {
    restinio::writable_items_container_t items;
    std::string text = std::exchange(head_, {});
    auto pieces = std::exchange(pieces_, {});
    if (served_->what().head_only)
      pieces.clear();
    std::size_t total = 0;
    for (const auto& piece : pieces)
      total += piece.size();
    bool chunked = framing_ == response_framing::chunked && !served_->what().head_only;
    if (chunked && total > 0)
      text += fmt::format("{:x}\r\n", total);
    for (auto& piece : pieces) {
      if (piece.size() < small_piece_bytes) {
        text += piece;
        continue;
      }
      if (!text.empty())
        items.emplace_back(std::exchange(text, {}));
      items.emplace_back(std::move(piece));
    }
    if (chunked && total > 0)
      text += "\r\n";
    if (chunked && ending_ == ending::finished)
      text += "0\r\n\r\n";
    if (!text.empty())
      items.emplace_back(std::move(text));
    return items;
  }

  void sent(bool ok, std::size_t bytes) {
    sending_ = false;
    last_sent_ = clock::now();
    if (lost_)
      return;
    if (!ok) {
      // Should the guard not have told us, the connection is lost all the same.
      served_->cut(outcome::client_gone);
      return served_->connection_lost(outcome::client_gone);
    }
    if (done_) {
      quiet_.cancel();
      drained_ = nullptr;
      closed_ = nullptr;
      if (ending_ == ending::finished)
        return served_->finish(outcome::complete);
      // Without chunks an orderly end of the connection would be the end of the body.
      return framing_ == response_framing::until_close ? served_->cut(outcome::cut)
                                                       : served_->finish(outcome::cut);
    }
    if (bytes > 0 && drained_)
      call(std::function(drained_), bytes);
    guarded([&] { flush(); });
  }

  void await_quiet() {
    // Bytes that the client is slow to take are no silence: it begins when they have left.
    quiet_.expires_at((sending_ ? clock::now() : last_sent_) + keepalive_interval_);
    quiet_.async_wait([weak = weak_from_this()](const asio::error_code& fault) {
      if (auto self = weak.lock(); self && !fault)
        self->guarded([&] { self->quiet_ended(); });
    });
  }

  void quiet_ended() {
    if (lost_ || ending_ != ending::none || keepalive_interval_.count() == 0)
      return;
    if (!sending_ && clock::now() - last_sent_ >= keepalive_interval_) {
      last_sent_ = clock::now();
      pieces_.push_back(keepalive_text_);
      flush_soon();
    }
    await_quiet();
  }

  const std::shared_ptr<served_request> served_;
  const stream_kind kind_;
  const response_framing framing_;
  std::string head_; ///< empty once it has left
  std::vector<std::string> pieces_;
  std::size_t unreported_ = 0; ///< bytes in `pieces_` that `on_drained` is to hear of
  ending ending_ = ending::none;
  bool flush_posted_ = false;
  bool sending_ = false;
  bool done_ = false; ///< the last piece is on its way
  bool lost_ = false;
  std::function<void(std::size_t)> drained_;
  std::function<void()> closed_;
  std::string keepalive_text_;
  std::chrono::milliseconds keepalive_interval_{0};
  clock::time_point last_sent_ = clock::now();
  asio::steady_timer quiet_;
};

/// The handle that producers hold; brings every call to the strand.
class stream_handle : public response_stream {
public:
  explicit stream_handle(std::shared_ptr<stream_body> body) : body_(std::move(body)) {}
  stream_handle(const stream_handle&) = delete;
  stream_handle& operator=(const stream_handle&) = delete;
  ~stream_handle() override {
    // Without memory even for that, the stall timeout of the connection ends it.
    body_->protect([&] { run([](stream_body& body) { body.end(stream_body::ending::broken); }); });
  }

  void write(std::string bytes) override {
    run([bytes = std::move(bytes)](stream_body& body) mutable { body.write(std::move(bytes)); });
  }
  void finish() override {
    run([](stream_body& body) { body.end(stream_body::ending::finished); });
  }
  void on_drained(std::function<void(std::size_t)> drained) override {
    run([drained = std::move(drained)](stream_body& body) mutable { body.on_drained(std::move(drained)); });
  }
  void on_closed(std::function<void()> closed) override {
    run([closed = std::move(closed)](stream_body& body) mutable { body.on_closed(std::move(closed)); });
  }
  void keep_alive(std::string text, std::chrono::milliseconds interval) override {
    run([text = std::move(text), interval](stream_body& body) mutable {
      body.keep_alive(std::move(text), interval);
    });
  }

  /// Always posted: on the strand itself a step done at once would overtake what another thread has posted
  /// before, and the end of the last handle might come before the `finish` that another one was told.
  template <typename Step>
  void run(Step step) {
    asio::post(body_->strand(),
               [body = body_, step = std::move(step)]() mutable { body->guarded([&] { step(*body); }); });
  }

private:
  std::shared_ptr<stream_body> body_;
};

} // namespace

std::shared_ptr<response_stream> open_stream(const std::shared_ptr<served_request>& served, int status,
                                             const header_list& headers, stream_kind kind) {
  auto framing =
      served->what().minor_version == 0 ? response_framing::until_close : response_framing::chunked;
  auto body =
      std::make_shared<stream_body>(served, kind, framing, served->make_head(status, headers, framing, 0));
  auto handle = std::make_shared<stream_handle>(body);
  handle->run([](stream_body& opened) { opened.open(); });
  return handle;
}

std::shared_ptr<response_stream> closed_stream(const std::shared_ptr<served_request>& served) {
  auto body =
      std::make_shared<stream_body>(served, stream_kind::document, response_framing::chunked, std::string());
  body->start_lost();
  return std::make_shared<stream_handle>(std::move(body));
}

} // namespace sandboxd::http
