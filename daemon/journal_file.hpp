#pragma once

#include "launcher/descriptor.hpp"
#include "supervision/journal.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sandboxd::daemon {

/// One event as a line of the file, without its end.
[[nodiscard]] std::string journal_line(const supervision::journal_event& event);

/// The event of such a line; nothing for any other text.
[[nodiscard]] std::optional<supervision::journal_event> parse_journal_line(std::string_view line);

/// The journal on the disk: a line of JSON for each event, the newest last. When the file is full the older
/// half is dropped. Belongs to one daemon at a time.
class journal_file {
public:
  /// Told in a sentence, on any thread, that events begin to be lost and that they are written again; must
  /// not block.
  using reporter = std::function<void(std::string_view)>;

  /// Opens the file, which is made with its directory if there is none (both for the owner alone). Throws
  /// std::runtime_error when there can be none: it is no regular file of our own with one name, a link leads
  /// to it, or another daemon has it.
  journal_file(const std::filesystem::path& path, std::uint64_t most_bytes, reporter report = {});
  journal_file(const journal_file&) = delete;
  journal_file& operator=(const journal_file&) = delete;
  /// Writes what waits, however long the disk takes for it.
  ~journal_file();

  /// The last events of the daemons before, at most `most`, their numbers ascending. Before the first
  /// `append`.
  [[nodiscard]] std::vector<supervision::journal_event> read(std::size_t most) const;

  /// Has an event written soon by a thread of its own. What finds no room among a megabyte that waits is not
  /// written. Any thread; never waits for the disk.
  void append(const supervision::journal_event& event);

  /// Waits until all is written. Returns whether it is. Any thread.
  bool flush(std::chrono::milliseconds patience);

  /// Why the last events are not in the file; empty: they are. Any thread.
  [[nodiscard]] std::string problem() const;

private:
  void work();
  void note(const std::exception_ptr& reason, std::uint64_t lost);
  void write(std::string_view& lines);
  void drop_older_half();
  void replace_by(std::string_view& lines);
  [[nodiscard]] bool ends_amid_a_line() const;
  [[nodiscard]] std::string last(std::uint64_t bytes) const;

  const launcher::descriptor file_;
  const std::uint64_t most_bytes_;
  const reporter report_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string waiting_;
  bool writing_ = false;
  bool stopping_ = false;
  std::string problem_;
  std::uint64_t lost_ = 0; // events, since the problem began
  std::thread writer_;     // last: it uses the others
};

} // namespace sandboxd::daemon
