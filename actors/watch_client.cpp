#include "actors/watch_client.hpp"

#include "files/sandbox_root.hpp"

#include <fmt/format.h>

#include <charconv>
#include <exception>
#include <mutex>
#include <utility>

namespace sandboxd::actors {

/// Lets one call in at a time, and nothing after the end.
struct watch_reader_handle::state {
  explicit state(std::shared_ptr<watch_reader> given) : reader(std::move(given)) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    if (ended)
      return;
    try {
      if (begun)
        reader->ended({}, {true, "The watch was lost inside the server"});
      else
        reader->failed({error_code::internal_error, "The watch was lost inside the server"});
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): no memory; the reader dies untold
    }
  }

  template <class Call>
  void call(bool is_the_end, Call call) {
    const std::lock_guard guard(mutex);
    if (ended)
      return;
    ended = is_the_end;
    begun = true;
    call(*reader);
    if (is_the_end)
      held = nullptr;
  }

  const std::shared_ptr<watch_reader> reader;
  std::mutex mutex;
  bool begun = false;
  bool ended = false;
  std::shared_ptr<const void> held;
};

watch_reader_handle::watch_reader_handle(std::shared_ptr<watch_reader> reader)
    : state_(std::make_shared<state>(std::move(reader))) {}

void watch_reader_handle::watching(const std::string& watch_id, watch_control control) const {
  if (state_)
    state_->call(false, [&](watch_reader& reader) { reader.watching(watch_id, std::move(control)); });
}

void watch_reader_handle::changed(watch_changes batch) const {
  if (state_)
    state_->call(false, [&](watch_reader& reader) { reader.changed(std::move(batch)); });
}

void watch_reader_handle::ended(watch_changes rest, watch_end how) const {
  if (state_)
    state_->call(true, [&](watch_reader& reader) { reader.ended(std::move(rest), std::move(how)); });
}

void watch_reader_handle::failed(failure reason) const {
  if (state_)
    state_->call(true, [&](watch_reader& reader) { reader.failed(std::move(reason)); });
}

void watch_reader_handle::hold(std::shared_ptr<const void> what) const {
  if (state_)
    state_->held = std::move(what);
}

std::string watched_path(std::string_view workspace, std::string_view given) {
  return files::absolute_path(workspace, given);
}

bool is_in_workspace(std::string_view workspace, std::string_view path) {
  return files::is_at_or_below(path, files::absolute_path("/", workspace));
}

std::string to_string(const watch_version& version) {
  return fmt::format("{}:{}", version.watch_id, version.cursor);
}

std::optional<watch_version> read_watch_version(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0)
    return std::nullopt;
  watch_version version{std::string(text.substr(0, colon)), 0};
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, version.cursor);
  return read.ec == std::errc() && read.ptr == end ? std::optional(std::move(version)) : std::nullopt;
}

watch_check compare(const std::optional<watch_version>& since, watch_version now, bool created) {
  using outcome = watch_check::outcome;
  auto status = outcome::unchanged;
  if (since && since->watch_id != now.watch_id)
    status = created ? outcome::expired : outcome::restarted;
  else if (since && since->cursor > now.cursor)
    status = outcome::ahead;
  else if (since && since->cursor < now.cursor)
    status = outcome::changed;
  return {status, std::move(now)};
}

} // namespace sandboxd::actors
