#include "launcher/output_channel.hpp"

#include <asio/bind_executor.hpp>

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

/// Most bytes one read takes, and how many reads one turn of the I/O thread may make for one channel.
constexpr std::size_t piece_bytes = 64u << 10;
constexpr int reads_per_turn = 16;

int make_fifo(const std::string& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) {
    if (errno != EEXIST || ::unlink(path.c_str()) != 0 || ::mkfifo(path.c_str(), 0600) != 0)
      throw std::system_error(errno, std::generic_category(), "mkfifo");
  }
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (reader < 0)
    throw std::system_error(errno, std::generic_category(), "open FIFO");
  return reader;
}

int open_writer(const std::string& path) {
  const int writer = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
  if (writer < 0)
    throw std::system_error(errno, std::generic_category(), "open FIFO");
  return writer;
}

} // namespace

output_channel::output_channel(const strand& executor, std::string path)
    : reader_(executor.get_inner_executor(), make_fifo(path)), writer_(open_writer(path)),
      executor_(executor), path_(std::move(path)) {}

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

void output_channel::finish(std::function<void()> done) {
  int available = 0;
  if (reader_.is_open())
    ::ioctl(reader_.native_handle(), FIONREAD, &available);
  still_expected_ = static_cast<std::uint64_t>(available);
  finishing_ = true;
  done_ = std::move(done);
  read_available();
}

/// The wait may complete although nothing has come (asio may mistake an event of a descriptor closed just
/// before), so what is there is always asked for.
void output_channel::wait() {
  if (waiting_ || !reader_.is_open() || allowance() == 0)
    return;
  waiting_ = true;
  reader_.async_wait(asio::posix::stream_descriptor::wait_read,
                     asio::bind_executor(executor_, [weak = weak_from_this()](const std::error_code& error) {
                       const auto self = weak.lock();
                       if (!self)
                         return;
                       self->waiting_ = false;
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
  const auto self = shared_from_this(); // the end of a retired channel lets go of it
  char buffer[piece_bytes];
  for (int turn = 0; turn < reads_per_turn && reader_.is_open(); ++turn) {
    const std::size_t limit = allowance();
    if (limit == 0)
      break; // all that was expected has come, or there is no credit: `resume` goes on
    const ssize_t count = ::read(reader_.native_handle(), buffer, limit);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0 && errno == EAGAIN)
      break;
    if (count <= 0) {
      reader_.close(); // the last writer is gone
      retired_self_.reset();
      still_expected_ = 0;
      break;
    }
    deliver(buffer, static_cast<std::size_t>(count));
  }
  if (finishing_ && still_expected_ == 0)
    return complete();
  wait();
}

void output_channel::deliver(const char* bytes, std::size_t count) {
  if (finishing_)
    still_expected_ -= count;
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
  const bool nobody_writes =
      mode_ != mode::discarding && !path_.empty() && ::read(reader_.native_handle(), &byte, 1) == 0;
  if (nobody_writes)
    writer_.reset(::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
  if (writer_) {
    mode_ = mode::idle;
    target_.reset();
    sink_ = nullptr;
  } else {
    retire();
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
  if (reader_.is_open())
    retired_self_ = shared_from_this();
}

void output_channel::give_up_name() {
  if (!path_.empty())
    ::unlink(std::exchange(path_, {}).c_str());
}

} // namespace sandboxd::launcher
