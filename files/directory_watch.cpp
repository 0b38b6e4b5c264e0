#include "files/directory_watch.hpp"

#include "files/directory_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::files {

namespace {

/// Directories that one turn adds: some milliseconds.
constexpr int directories_in_a_turn = 256;

/// As many as the kernel's queue holds (fs.inotify.max_queued_events): what is found in new directories at
/// once beyond that is an overflow, too.
constexpr std::size_t most_found_in_a_turn = 16'384;

constexpr std::uint32_t in_directories =
    IN_CREATE | IN_MODIFY | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_EXCL_UNLINK;

/// What ends no watch: a directory that may not be read, or whose path is longer than the kernel takes, is
/// not followed. Else anybody could end the watches of others by making one.
bool is_out_of_reach(int error) {
  return error == EACCES || error == EPERM || error == ENAMETOOLONG;
}

/// What a directory that is gone, or no longer one, is opened with.
bool is_gone(int error) {
  return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

watch_end no_watches_left() {
  return {true, "the machine's limit of inotify watches is reached (fs.inotify.max_user_watches)"};
}

} // namespace

directory_watch::directory_watch(const sandbox_root& root, const watch_options& wanted, watch_bounds bounds)
    : root_(root), wanted_(wanted), bounds_(std::move(bounds)), translator_(wanted),
      events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  const int reason = errno;
  descriptor opened = root_.open(wanted_.path, O_PATH);
  if (!events_)
    throw std::system_error(reason, std::generic_category(), "inotify");
  const std::string path = root_.path_of(opened.get());
  const auto workspace = root_.path_of(root_.open(bounds_.workspace, O_PATH | O_DIRECTORY).get());
  if (!is_at_or_below(path, workspace))
    throw outside_workspace(path);
  const bool tells_attributes =
      std::find(wanted_.events.begin(), wanted_.events.end(), change_type::attribute) != wanted_.events.end();
  mask_ = in_directories | (tells_attributes ? IN_ATTRIB : 0);
  struct stat status {};
  if (::fstat(opened.get(), &status) != 0)
    throw_errno("stat");
  if (S_ISDIR(status.st_mode))
    watch_directory(std::move(opened), path);
  else
    watch_file(workspace);
}

/// The place where the last link leads to; what it leads to may be replaced.
void directory_watch::watch_file(const std::string& workspace) {
  const place where = root_.target_of(wanted_.path);
  const std::string directory = root_.path_of(where.directory.get());
  if (!is_at_or_below(directory, workspace)) // changed since it was looked at
    throw outside_workspace(directory + '/' + where.name);
  translator_.watch_surroundings(add_watch(where.directory.get(), mask_), where.name, false);
}

void directory_watch::watch_directory(descriptor opened, const std::string& real_path) {
  const int root = add_watch(opened.get(), mask_);
  translator_.watch_root(root);
  if (real_path != "/") {
    const descriptor above(::openat(opened.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!above)
      throw_errno("open");
    translator_.watch_surroundings(add_watch(above.get(), IN_DELETE | IN_MOVED_FROM), name_of(real_path),
                                   true);
  }
  directory_ = std::move(opened);
  real_path_ = real_path;
  if (!is_where_it_was()) // removed before it was watched
    throw std::system_error(ENOENT, std::generic_category(), "open");
  if (wanted_.recursive)
    read_directory(directory_.get(), {}, root);
}

watch_turn directory_watch::turn() {
  take_events();
  translator_.settle();
  remove_forgotten();
  for (int i = 0; i < directories_in_a_turn && !translator_.end(); ++i) {
    const auto next = translator_.next_to_follow();
    if (!next)
      break;
    follow(*next);
    remove_forgotten();
  }
  watch_turn result{translator_.take_changes(), translator_.has_to_follow(), translator_.end(),
                    translator_.directories()};
  if (!result.changes.empty() && !result.end && !is_where_it_was())
    result.end = watch_end{false, "The watched path was moved"};
  const auto now = std::chrono::system_clock::now();
  for (auto& change : result.changes)
    change.time = now;
  return result;
}

void directory_watch::remove_forgotten() {
  for (const int gone : translator_.take_forgotten())
    (void)::inotify_rm_watch(events_.get(), gone); // the kernel may have done so
}

/// All that is in the queue now, and not what comes meanwhile: a turn ends.
void directory_watch::take_events() {
  int waiting = 0;
  if (::ioctl(events_.get(), FIONREAD, &waiting) != 0)
    throw_errno("ioctl");
  buffer_.resize(static_cast<std::size_t>(waiting));
  const ssize_t size = waiting == 0 ? 0 : ::read(events_.get(), buffer_.data(), buffer_.size());
  if (size < 0 && errno != EAGAIN)
    throw_errno("read");
  inotify_event header{};
  for (ssize_t at = 0; at < size; at += static_cast<ssize_t>(sizeof(header) + header.len)) {
    std::memcpy(&header, buffer_.data() + at, sizeof(header));
    const char* const name = buffer_.data() + at + sizeof(header);
    translator_.take({header.wd, header.mask, header.cookie, header.len == 0 ? "" : name});
  }
  buffer_ = {};
}

/// The watch first, then a look at what is there: nothing falls in between.
void directory_watch::follow(const directory_to_follow& which) {
  const auto path = translator_.path_of(which);
  if (!path)
    return;
  const descriptor opened = open_below(*path);
  if (!opened) {
    if (is_gone(errno))
      return translator_.try_again(which);
    if (is_out_of_reach(errno))
      return;
    throw_errno("open");
  }
  if (root_.hides(opened.get()))
    return;
  if (translator_.directories() >= bounds_.max_directories)
    return translator_.end_with(
        {true, fmt::format("there are more than {} directories to watch", bounds_.max_directories)});
  const int watch = add_watch(opened.get(), mask_);
  if (watch >= 0 && translator_.follow(which, watch))
    read_directory(opened.get(), which, watch);
}

void directory_watch::read_directory(int opened, const directory_to_follow& which, int watch) {
  std::size_t count = 0;
  try {
    visit_names(opened, [&](const std::string& name, bool is_directory) {
      if (which.is_new && ++count > most_found_in_a_turn)
        translator_.end_with(queue_overflow());
      else
        translator_.found(which, watch, name, is_directory);
      return !translator_.end();
    });
  } catch (const std::system_error& error) {
    const int cause = error.code().value();
    if (!is_gone(cause) && !is_out_of_reach(cause)) // it was removed meanwhile
      throw;
  }
}

/// Relative to the watched directory's descriptor, whatever has become of its path.
descriptor directory_watch::open_below(const std::string& path) const {
  const auto relative = path.substr(wanted_.path.size() + (wanted_.path == "/" ? 0 : 1));
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  return descriptor(
      static_cast<int>(::syscall(SYS_openat2, directory_.get(), relative.c_str(), &how, sizeof(how))));
}

/// -1 when it is out of reach, and when the kernel has no room for another, which ends this watch.
int directory_watch::add_watch(int opened, std::uint32_t mask) {
  // By the descriptor, so that what was looked at is what is watched.
  const int watch =
      ::inotify_add_watch(events_.get(), fmt::format("/proc/self/fd/{}", opened).c_str(), mask | IN_ONLYDIR);
  if (watch < 0 && errno == ENOSPC)
    translator_.end_with(no_watches_left());
  else if (watch < 0 && !is_out_of_reach(errno))
    throw_errno("watch");
  return watch;
}

/// The kernel does not tell when a directory above is moved.
bool directory_watch::is_where_it_was() const {
  return !directory_ || root_.path_of(directory_.get()) == real_path_;
}

} // namespace sandboxd::files
