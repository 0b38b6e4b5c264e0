#pragma once

#include "actors/messages.hpp"
#include "actors/reply.hpp"
#include "files/directory_listing.hpp"
#include "files/file_reader.hpp"
#include "files/utf8_checker.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sandboxd::actors {

using files::directory_entry;
using files::file_content;
using files::file_description;
using files::file_type;
using files::incomplete_utf8_tail;
using files::listing_options;

/// A file in the view of a session.
struct file_target {
  /// A relative path counts from where this session's shell is. A session that does not exist is none: paths
  /// then count from the workspace (or the request fails, see `missing`). No session is made, and no busy one
  /// is waited for.
  std::string session;
  if_missing missing = if_missing::create;
  std::string path;
};

/// A file that was read whole.
struct read_file {
  file_content content;
  /// Room in the budget of memory (`files.memory-budget-bytes`), as long as somebody holds it.
  std::shared_ptr<const void> room;
};

/// What was done, and to which file.
struct file_done {
  std::string path; ///< absolute
};

/// What is in a directory.
struct directory_listing {
  std::string path; ///< of the directory, absolute
  std::vector<directory_entry> entries;
  /// As of `read_file`.
  std::shared_ptr<const void> room;
};

/// A file being read piece by piece. The file stays open as long as somebody holds this.
class open_file {
public:
  virtual ~open_file() = default;

  [[nodiscard]] virtual const file_description& description() const = 0;

  /// The next bytes, at most `most` and fewer only at the end of the file; none there. One call at a time.
  virtual void read(std::size_t most, reply<std::string> done) = 0;
};

/// The front door to the files of the sandbox for code that is no actor. Every function returns at once, may
/// be called from any thread, and answers through the reply exactly once.
///
/// Errors of all: `session_not_found`, the codes of files, `too_busy`, `unavailable`, `shutting_down`.
class file_client {
public:
  virtual ~file_client() = default;

  /// All of a file of at most `most` bytes (else `file_too_large`).
  virtual void read(file_target target, std::size_t most, reply<read_file> done) = 0;

  /// Opens a file to read it piece by piece, of any size.
  virtual void open(file_target target, reply<std::shared_ptr<open_file>> done) = 0;

  /// Writes a whole file, see `files::write_file`.
  virtual void write(file_target target, std::string content, reply<file_done> done) = 0;

  /// Removes a file that is no directory, see `files::remove_file`.
  virtual void remove(file_target target, reply<file_done> done) = 0;

  /// Moves a file, see `files::move_file`. `file_not_found` means the source; a missing directory of the
  /// target is a `filesystem_error`.
  virtual void move(file_target from, std::string to, reply<file_done> done) = 0;

  /// Makes a directory, with `recursive` as `mkdir -p`.
  virtual void make_directory(file_target target, bool recursive, reply<file_done> done) = 0;

  /// Whether there is something.
  virtual void exists(file_target target, reply<bool> done) = 0;

  /// What is in a directory, sorted.
  virtual void list(file_target target, listing_options options, reply<directory_listing> done) = 0;
};

} // namespace sandboxd::actors
