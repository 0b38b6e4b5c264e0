#include "daemon/journal_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
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

constexpr std::size_t most_waiting = 1u << 20; // bytes

/// What JSON's numbers hold exactly: more events than there will be, and microseconds until 2255.
constexpr std::uint64_t largest_number = std::uint64_t{1} << 53;

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
    event.sequence = read.at("sequence").get<std::uint64_t>();
    const auto microseconds = read.at("microseconds").get<std::uint64_t>();
    if (std::max(event.sequence, microseconds) > largest_number)
      return std::nullopt;
    event.time = std::chrono::system_clock::time_point(std::chrono::microseconds(microseconds));
    event.kind = *kind;
    read.at("path").get_to(event.path);
    read.at("actorKind").get_to(event.actor_kind);
    read.at("text").get_to(event.text);
    read.at("count").get_to(event.window_count);
    read.at("limit").get_to(event.window_limit);
    return event;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt; // the last line of a daemon that was killed, or what somebody else has written
  }
}

journal_file::journal_file(const std::filesystem::path& path, std::uint64_t most_bytes)
    : file_(open_own(path)), most_bytes_(most_bytes), writer_([this] { work(); }) {}

journal_file::~journal_file() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  writer_.join();
}

/// Of a file that is larger than it may be the end.
std::string journal_file::content() const {
  const auto size = size_of(file_.get());
  std::string text(std::min(size, most_bytes_), '\0');
  const auto count = ::pread(file_.get(), text.data(), text.size(), static_cast<off_t>(size - text.size()));
  text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return text;
}

std::vector<journal_event> journal_file::read(std::size_t most) const {
  std::vector<journal_event> events;
  const auto text = content();
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto event = parse_journal_line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (event && event->sequence > (events.empty() ? 0 : events.back().sequence))
      events.push_back(std::move(*event));
  }
  if (events.size() > most)
    events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(most));
  return events;
}

void journal_file::append(const journal_event& event) {
  auto line = journal_line(event) + '\n';
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + line.size() > most_waiting)
      return;
    waiting_ += line;
  }
  changed_.notify_one();
}

void journal_file::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty())
      return;
    auto lines = std::exchange(waiting_, {});
    lock.unlock();
    try {
      write(std::move(lines));
    } catch (const std::bad_alloc&) { // NOLINT(bugprone-empty-catch): the lines are lost, as on a full disk
    }
    lock.lock();
  }
}

/// A daemon that was killed, or a disk that was full, has left part of one.
bool journal_file::ends_amid_a_line() const {
  const auto size = size_of(file_.get());
  char last = '\n';
  return size > 0 && ::pread(file_.get(), &last, 1, static_cast<off_t>(size - 1)) == 1 && last != '\n';
}

/// A disk that is full costs the lines for which there is no room.
void journal_file::write(std::string lines) {
  if (ends_amid_a_line())
    lines.insert(0, 1, '\n');
  auto end = size_of(file_.get());
  if (end + lines.size() > most_bytes_) {
    auto kept = content();
    kept.erase(0, kept.size() - std::min<std::size_t>(kept.size(), most_bytes_ / 2));
    kept.erase(0, std::min(kept.find('\n'), kept.size() - 1) + 1); // the rest of a line
    if (::ftruncate(file_.get(), 0) != 0)
      return;
    end = 0;
    if (!kept.empty() && ::pwrite(file_.get(), kept.data(), kept.size(), 0) > 0)
      end = kept.size();
  }
  std::string_view rest = lines;
  rest.remove_prefix(rest.size() - std::min<std::size_t>(rest.size(), most_bytes_ / 2));
  while (!rest.empty()) {
    const auto count = ::pwrite(file_.get(), rest.data(), rest.size(), static_cast<off_t>(end));
    if (count <= 0)
      return;
    end += static_cast<std::uint64_t>(count);
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

} // namespace sandboxd::daemon
