#include "launcher/output_channel.hpp"

#include <asio/bind_executor.hpp>
#include <asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// Most bytes one read takes. One turn of the I/O thread makes one read for one channel: with many commands
/// that write without end, whoever else it serves waits for a short read of each only. The turn at a
/// command's end takes `last_bytes`.
constexpr std::size_t piece_bytes = 32u << 10;

/// What is taken at once at a command's end: all that a pipe of the usual size holds.
constexpr std::size_t last_bytes = 64u << 10;

int check(int opened) {
  if (opened < 0)
    throw std::system_error(errno, std::generic_category(), "open FIFO");
  return opened;
}

/// A writing end of the very FIFO that `reader` reads, whatever has its name now.
int open_writer(int reader) {
  return ::open(fmt::format("/proc/self/fd/{}", reader).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

/// Both ends of a new FIFO, reading end first. Nothing is left of one that cannot be opened.
descriptor_pair make_fifo(const std::string& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) {
    if (errno != EEXIST || ::unlink(path.c_str()) != 0 || ::mkfifo(path.c_str(), 0600) != 0)
      throw std::system_error(errno, std::generic_category(), "mkfifo");
  }
  try {
    descriptor reader(check(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)));
    descriptor writer(check(open_writer(reader.get())));
    return {std::move(reader), std::move(writer)};
  } catch (const std::system_error&) {
    ::unlink(path.c_str());
    throw;
  }
}

} // namespace

void retired_channels::add(const std::shared_ptr<output_channel>& channel) {
  const std::lock_guard guard(mutex_);
  std::erase_if(channels_, [](const auto& weak) { return weak.expired(); });
  channels_.push_back(channel);
  if (channels_.size() > most_) {
    if (const auto oldest = channels_.front().lock())
      asio::post(oldest->executor_, [oldest] { oldest->reader_.close(); });
    channels_.pop_front();
  }
}

output_channel::output_channel(const strand& executor, std::string path,
                               std::shared_ptr<retired_channels> retired)
    : output_channel(executor, make_fifo(path), std::move(retired)) {
  path_ = std::move(path);
}

output_channel::output_channel(const strand& executor, descriptor_pair fifo,
                               std::shared_ptr<retired_channels> retired)
    : reader_(executor.get_inner_executor(), fifo.first.get()), writer_(std::move(fifo.second)),
      executor_(executor), retired_(std::move(retired)) {
  [[maybe_unused]] const int owned_by_reader = fifo.first.release();
}

output_channel::output_channel(const strand& executor, descriptor pipe)
    : reader_(executor.get_inner_executor(), pipe.get()), executor_(executor) {
  ::fcntl(pipe.get(), F_SETFL, O_NONBLOCK);
  [[maybe_unused]] const int owned_by_reader = pipe.release();
}

output_channel::~output_channel() {
  give_up_name();
}

void output_channel::capture(std::shared_ptr<captured_output> target) {
  target_ = std::move(target);
  mode_ = mode::capturing;
  wait();
}

void output_channel::pass_on(live_sink sink, std::shared_ptr<output_credit> credit) {
  sink_ = std::move(sink);
  credit_ = std::move(credit);
  mode_ = mode::passing;
  wait();
}

void output_channel::resume() {
  if (finishing_)
    read_available();
  else
    wait();
}

void output_channel::discard() {
  retire();
  resume();
}

void output_channel::finish(std::string tail, std::function<void()> done) {
  int available = 0;
  if (reader_.is_open())
    ::ioctl(reader_.native_handle(), FIONREAD, &available);
  still_expected_ = static_cast<std::uint64_t>(available);
  finishing_ = true;
  tail_ = std::move(tail);
  done_ = std::move(done);
  const auto later = still_expected_ - std::min<std::uint64_t>(still_expected_, last_bytes - piece_bytes);
  while (still_expected_ > later && read_piece()) {
  }
  read_available();
}

/// The wait may complete although nothing has come (asio may mistake an event of a descriptor closed just
/// before), so what is there is always asked for. That of a retired channel keeps it alive, and joins one
/// that was begun before and does not.
void output_channel::wait() {
  const bool retired = mode_ == mode::discarding;
  bool output_channel::*const waiting =
      retired ? &output_channel::waiting_retired_ : &output_channel::waiting_;
  if (this->*waiting || !reader_.is_open() || allowance() == 0)
    return;
  this->*waiting = true;
  reader_.async_wait(asio::posix::stream_descriptor::wait_read,
                     asio::bind_executor(executor_, [weak = weak_from_this(), waiting,
                                                     owned = retired ? shared_from_this() : nullptr](
                                                        const std::error_code& error) {
                       const auto self = weak.lock();
                       if (!self)
                         return;
                       (*self).*waiting = false;
                       if (!error)
                         self->read_available();
                     }));
}

std::size_t output_channel::allowance() const {
  std::uint64_t limit = mode_ == mode::idle ? 0 : piece_bytes;
  if (mode_ == mode::passing)
    limit = std::min(limit, credit_->bytes);
  if (finishing_)
    limit = std::min(limit, still_expected_);
  return static_cast<std::size_t>(limit);
}

void output_channel::read_available() {
  const bool got = read_piece();
  if (finishing_ && still_expected_ == 0)
    return deliver_tail();
  if (!finishing_ || !got)
    return wait();
  // Not when there is an event: none would come if another reader took the rest meanwhile.
  asio::post(executor_, [self = shared_from_this()] { self->read_available(); });
}

/// Whether there was anything to read. There is not when all that was expected has come, or without credit.
bool output_channel::read_piece() {
  const std::size_t limit = allowance();
  if (!reader_.is_open() || limit == 0)
    return false;
  char buffer[piece_bytes];
  const ssize_t count = ::read(reader_.native_handle(), buffer, limit);
  if (count < 0 && errno == EINTR)
    return true;
  if (count > 0) {
    still_expected_ -= std::min(still_expected_, static_cast<std::uint64_t>(count));
    deliver(buffer, static_cast<std::size_t>(count));
    return true;
  }
  still_expected_ = 0; // somebody else has read them
  if (count == 0 || errno != EAGAIN)
    reader_.close(); // the last writer is gone
  return false;
}

void output_channel::deliver_tail() {
  while (!tail_.empty()) {
    const std::size_t size =
        mode_ == mode::passing
            ? std::min<std::uint64_t>(tail_.size(), std::min<std::uint64_t>(piece_bytes, credit_->bytes))
            : tail_.size();
    if (size == 0)
      return; // `resume` goes on
    deliver(tail_.data(), size);
    tail_.erase(0, size);
  }
  complete();
}

void output_channel::deliver(const char* bytes, std::size_t count) {
  if (mode_ == mode::capturing) {
    target_->append({bytes, count});
  } else if (mode_ == mode::passing) {
    credit_->bytes -= count;
    sink_(std::string(bytes, count));
  }
}

/// Everything up to the end is delivered. Whether somebody else still writes shows when our own writing end
/// is closed: only then, and if nobody does, reading comes to an end.
void output_channel::complete() {
  finishing_ = false;
  writer_.reset();
  char byte = 0;
  const bool nobody_writes = reader_.is_open() && ::read(reader_.native_handle(), &byte, 1) == 0;
  if (nobody_writes && !path_.empty())
    writer_.reset(open_writer(reader_.native_handle()));
  if (writer_) {
    mode_ = mode::idle;
    target_.reset();
    sink_ = nullptr;
  } else {
    if (nobody_writes)
      reader_.close();
    retire();
    if (retired_ && reader_.is_open())
      retired_->add(shared_from_this());
    wait();
  }
  if (const auto done = std::exchange(done_, {}))
    done();
}

void output_channel::retire() {
  mode_ = mode::discarding;
  target_.reset();
  sink_ = nullptr;
  writer_.reset();
  give_up_name();
}

void output_channel::give_up_name() {
  if (!path_.empty())
    ::unlink(std::exchange(path_, {}).c_str());
}

} // namespace sandboxd::launcher
