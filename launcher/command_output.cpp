#include "launcher/command_output.hpp"

#include <asio/post.hpp>

#include <utility>

namespace sandboxd::launcher {

command_output::command_output(const output_channel::strand& executor, const std::string& out_path,
                               const std::string& err_path, const std::shared_ptr<retired_channels>& retired)
    : executor_(executor), out_(std::make_shared<output_channel>(executor, out_path, retired)),
      err_(std::make_shared<output_channel>(executor, err_path, retired)),
      credit_(std::make_shared<output_credit>()) {}

command_output::command_output(const output_channel::strand& executor, descriptor out_pipe,
                               descriptor err_pipe)
    : executor_(executor), out_(std::make_shared<output_channel>(executor, std::move(out_pipe))),
      err_(std::make_shared<output_channel>(executor, std::move(err_pipe))),
      credit_(std::make_shared<output_credit>()) {}

/// A channel that could serve another command waits for output, which nobody would ever end.
command_output::~command_output() {
  asio::post(executor_, [out = out_, err = err_] {
    out->discard();
    err->discard();
  });
}

void command_output::start(bool live, const capture_limits& limits,
                           const std::function<void(bool, std::string)>& sink) {
  ++use_;
  credit_ = std::make_shared<output_credit>();
  captured_out_ = std::make_shared<captured_output>(limits);
  captured_err_ = std::make_shared<captured_output>(limits);
  if (live) {
    out_->pass_on([sink](std::string bytes) { sink(false, std::move(bytes)); }, credit_);
    err_->pass_on([sink](std::string bytes) { sink(true, std::move(bytes)); }, credit_);
  } else {
    out_->capture(captured_out_);
    err_->capture(captured_err_);
  }
}

void command_output::finish(output_tail tail, std::function<void(captured_pair)> done) {
  out_->finish(std::move(tail.out),
               [self = shared_from_this(), err = std::move(tail.err), done = std::move(done)]() mutable {
                 self->err_->finish(std::move(err), [self, done = std::move(done)] {
                   ++self->use_;
                   done({std::move(self->captured_out_), std::move(self->captured_err_)});
                 });
               });
}

void command_output::discard() {
  out_->discard();
  err_->discard();
}

bool command_output::prepare_reuse() {
  if (out_->reusable() && err_->reusable())
    return true;
  out_->give_up_name();
  err_->give_up_name();
  return false;
}

command_control command_output::control() {
  const auto on_strand = [weak = weak_from_this(), executor = executor_, use = use_](auto action) {
    asio::post(executor, [weak, action, use] {
      if (const auto self = weak.lock(); self && self->use_ == use)
        action(*self);
    });
  };
  // Posted, never run at once: the receiver may grant from within a call-back.
  command_control made;
  made.grant = [on_strand](std::size_t bytes) {
    on_strand([bytes](command_output& self) { self.grant(bytes); });
  };
  made.detach = [on_strand] { on_strand([](command_output& self) { self.discard(); }); };
  return made;
}

void command_output::grant(std::size_t bytes) {
  credit_->bytes += bytes;
  // By turns, so that a flood on one stream leaves something for the other.
  const bool err_first = std::exchange(err_first_, !err_first_);
  (err_first ? err_ : out_)->resume();
  (err_first ? out_ : err_)->resume();
}

} // namespace sandboxd::launcher
