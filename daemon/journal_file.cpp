#include "daemon/journal_file.hpp"

#include "launcher/quiet_thread.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <fcntl.h>
#include <new>
#include <stdexcept>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::daemon {

namespace {

using supervision::event_kind;
using supervision::journal_event;
using unsigned_number = nlohmann::json::number_unsigned_t;

constexpr std::size_t most_waiting = 1u << 20; // bytes

/// What JSON's numbers hold exactly, in microseconds until 2255.
constexpr std::uint64_t largest_time = std::uint64_t{1} << 53;

/// So that there is room for more events than there will be.
constexpr std::uint64_t largest_sequence = std::uint64_t{1} << 52;

/// In bytes; ours are much shorter.
constexpr std::size_t longest_line = 4096;
constexpr std::size_t longest_name = 512;

std::optional<event_kind> kind_of(std::string_view name) {
  for (auto kind = event_kind::started; kind <= event_kind::notice;
       kind = static_cast<event_kind>(static_cast<int>(kind) + 1))
    if (name == to_string(kind))
      return kind;
  return std::nullopt;
}

/// Whoever may write beside it could put a link there, to have us write elsewhere or read for others.
launcher::descriptor open_own(const std::filesystem::path& path) {
  const auto directory = path.parent_path();
  if (!directory.empty() && std::filesystem::create_directories(directory))
    ::chmod(directory.c_str(), 0700);
  launcher::descriptor file(
      ::open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600));
  if (!file)
    throw std::system_error(errno, std::generic_category(), path.string());
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_uid != ::geteuid() ||
      status.st_nlink != 1)
    throw std::runtime_error(path.string() + ": is no regular file of our own with one name");
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    throw std::runtime_error(path.string() + ": another daemon has it");
  return file;
}

std::uint64_t size_of(int file) {
  struct stat status {};
  return ::fstat(file, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

/// Takes from `text` what it has written, and moves `end` behind that.
void write_at(int file, std::string_view& text, std::uint64_t& end) {
  while (!text.empty()) {
    const auto count = ::pwrite(file, text.data(), text.size(), static_cast<off_t>(end));
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      throw std::system_error(count < 0 ? errno : ENOSPC, std::generic_category());
    end += static_cast<std::uint64_t>(count);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string text_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& reason) {
    return reason.what();
  }
}

} // namespace

std::string journal_line(const journal_event& event) {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  const nlohmann::ordered_json line{
      {"sequence", event.sequence},
      {"microseconds", duration_cast<microseconds>(event.time.time_since_epoch()).count()},
      {"kind", to_string(event.kind)},
      {"path", event.path},
      {"actorKind", event.actor_kind},
      {"text", event.text},
      {"count", event.window_count},
      {"limit", event.window_limit}};
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<journal_event> parse_journal_line(std::string_view line) {
  try {
    const auto read = nlohmann::json::parse(line);
    const auto kind = kind_of(read.at("kind").get_ref<const std::string&>());
    if (!kind)
      return std::nullopt;
    journal_event event;
    const auto number = [&](const char* key) { return read.at(key).get_ref<const unsigned_number&>(); };
    event.sequence = number("sequence");
    const auto microseconds = number("microseconds");
    if (event.sequence > largest_sequence || microseconds > largest_time)
      return std::nullopt;
    event.time = std::chrono::system_clock::time_point(std::chrono::microseconds(microseconds));
    event.kind = *kind;
    read.at("path").get_to(event.path);
    read.at("actorKind").get_to(event.actor_kind);
    read.at("text").get_to(event.text);
    event.window_count = number("count");
    event.window_limit = number("limit");
    if (std::max(event.path.size(), event.actor_kind.size()) > longest_name)
      return std::nullopt;
    return event;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt; // the last line of a daemon that was killed, or what somebody else has written
  }
}

journal_file::journal_file(const std::filesystem::path& path, std::uint64_t most_bytes, reporter report)
    : file_(open_own(path)), most_bytes_(most_bytes), report_(std::move(report)),
      writer_(launcher::quiet_thread([this] { work(); })) {}

journal_file::~journal_file() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

/// So many of its last bytes, or all.
std::string journal_file::last(std::uint64_t bytes) const {
  const auto size = size_of(file_.get());
  std::string text(std::min(size, bytes), '\0');
  const auto count = ::pread(file_.get(), text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

/// From the end, so that it costs no more than what is wanted. A daemon that died while it dropped the older
/// half has left the newer one twice, so numbers have to descend on the way.
std::vector<journal_event> journal_file::read(std::size_t most) const {
  std::vector<journal_event> events;
  const auto text = last(std::min<std::uint64_t>(most_bytes_, std::uint64_t{most} * longest_line));
  for (std::string_view rest = text; !rest.empty() && events.size() < most;) {
    const auto before = rest.rfind('\n'); // the end of the line before
    const auto begin = before == std::string_view::npos ? 0 : before + 1;
    auto event = parse_journal_line(rest.substr(begin));
    rest = rest.substr(0, begin == 0 ? 0 : begin - 1);
    if (event && (events.empty() || event->sequence < events.back().sequence))
      events.push_back(std::move(*event));
  }
  std::ranges::reverse(events);
  return events;
}

void journal_file::append(const journal_event& event) {
  auto line = journal_line(event) + '\n';
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > most_waiting)
      return note(std::make_exception_ptr(std::runtime_error("too many events wait for the disk")), 1);
    waiting_ += line;
  }
  changed_.notify_all();
}

bool journal_file::flush(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return waiting_.empty() && !writing_; });
}

std::string journal_file::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

void journal_file::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty())
      return;
    const auto lines = std::exchange(waiting_, {});
    writing_ = true;
    lock.unlock();
    std::string_view left = lines;
    std::exception_ptr reason;
    try {
      write(left);
    } catch (const std::exception&) {
      reason = std::current_exception();
    }
    lock.lock();
    writing_ = false;
    changed_.notify_all();
    note(reason, static_cast<std::uint64_t>(std::ranges::count(left, '\n')));
  }
}

/// With the mutex held. Null: all was written.
void journal_file::note(const std::exception_ptr& reason, std::uint64_t lost) {
  lost_ += lost;
  try {
    std::string problem;
    if (reason)
      problem = text_of(reason);
    const bool is_news = problem.empty() != problem_.empty();
    problem_ = problem;
    if (is_news && report_)
      report_(reason ? "events of the journal do not get into its file: " + problem
                     : fmt::format("the journal is written again, {} events are not in its file", lost_));
  } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): nobody can be told either
  }
  if (!reason)
    lost_ = 0;
}

/// A daemon that was killed, or a disk that was full, has left part of one.
bool journal_file::ends_amid_a_line() const {
  const auto end = last(1);
  return !end.empty() && end != "\n";
}

/// Takes from `lines` what it has written. Throws when the disk is full, or fails.
void journal_file::write(std::string_view& lines) {
  const auto half = most_bytes_ / 2;
  if (lines.size() > half) { // then nothing that is older is kept
    lines.remove_prefix(lines.size() - half);
    lines.remove_prefix(lines.find('\n') + 1); // the rest of a line
    return replace_by(lines);
  }
  if (size_of(file_.get()) + lines.size() >= most_bytes_)
    drop_older_half();
  auto end = size_of(file_.get());
  if (std::string_view line_end = "\n"; ends_amid_a_line())
    write_at(file_.get(), line_end, end);
  write_at(file_.get(), lines, end);
}

void journal_file::drop_older_half() {
  const auto half = last(most_bytes_ / 2);
  if (half.size() != std::min(size_of(file_.get()), most_bytes_ / 2)) // the disk fails: nothing is dropped
    throw std::system_error(EIO, std::generic_category());
  std::string_view kept = half;
  kept.remove_prefix(std::min(kept.find('\n'), kept.size() - 1) + 1); // the rest of a line
  replace_by(kept);
}

/// In this order, so that whatever happens in between costs nothing that is kept: it is there once or twice.
void journal_file::replace_by(std::string_view& lines) {
  const auto size = lines.size();
  std::uint64_t end = 0;
  write_at(file_.get(), lines, end);
  if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
    throw std::system_error(errno, std::generic_category());
}

} // namespace sandboxd::daemon
