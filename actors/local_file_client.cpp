#include "actors/local_file_client.hpp"

#include "actors/file_failure.hpp"
#include "actors/interfaces.hpp"
#include "actors/paths.hpp"
#include "files/file_changes.hpp"
#include "files/file_writer.hpp"
#include "files/sandbox_root.hpp"

#include <caf/send.hpp>

#include <exception>
#include <functional>
#include <numeric>
#include <system_error>
#include <utility>
#include <variant>

namespace sandboxd::actors {

namespace {

/// How much of a file is looked at to find out whether it is text (HTTP.md 6.4).
constexpr std::uint64_t looked_at_whole = 32u << 20;
constexpr std::uint64_t looked_at_beginning = 64u << 10;

failure unavailable() {
  return {error_code::unavailable, "The sandbox is starting or being restarted"};
}

failure no_memory() {
  return {error_code::too_busy, "Files that are read and written hold too much memory"};
}

std::uint64_t memory_of(const std::vector<directory_entry>& entries) {
  return std::accumulate(entries.begin(), entries.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& entry) {
                           return sum + sizeof(entry) + entry.relative_path.capacity();
                         });
}

using fail_function = std::function<void(failure)>;

/// Runs work that delivers its outcome itself. What it throws is its failure, and concerns the path it has
/// named.
void run_and_tell(const fail_function& fail, const std::function<void(std::string& path)>& work) {
  std::string path;
  try {
    work(path);
  } catch (const std::system_error& error) {
    fail(file_failure(error.code(), std::move(path)));
  } catch (const std::exception& error) {
    failure reason(error_code::internal_error, "The file operation failed");
    reason.detail = error.what();
    fail(std::move(reason));
  }
}

/// Gives work to the pool of workers.
class worker_pool {
public:
  explicit worker_pool(std::shared_ptr<const supervision::directory> directory)
      : directory_(std::move(directory)) {}

  /// See `run_and_tell`.
  void run(fail_function fail, std::function<void(std::string& path)> work) const {
    const auto pool = directory_->find<file_pool_actor>(paths::file_pool);
    if (!pool)
      return fail(unavailable());
    auto run_it = [fail, work = std::move(work)] { run_and_tell(fail, work); };
    caf::anon_send(pool, blocking_task{std::move(run_it), std::move(fail)});
  }

private:
  std::shared_ptr<const supervision::directory> directory_;
};

template <class T>
fail_function failing(const reply<T>& done) {
  return [done](failure reason) { done.deliver(std::move(reason)); };
}

class local_open_file : public open_file {
public:
  local_open_file(worker_pool pool, files::file_reader reader, std::string path)
      : pool_(std::move(pool)), path_(std::move(path)),
        reader_(std::make_shared<files::file_reader>(std::move(reader))),
        description_(reader_->describe(looked_at_beginning, looked_at_whole)) {}

  [[nodiscard]] const file_description& description() const override { return description_; }

  void read(std::size_t most, reply<std::string> done) override {
    pool_.run(failing(done), [done, reader = reader_, most, name = path_](std::string& path) {
      path = name;
      done.deliver(reader->read(most));
    });
  }

private:
  worker_pool pool_;
  std::string path_;
  std::shared_ptr<files::file_reader> reader_;
  file_description description_;
};

class local_file_client : public file_client {
public:
  local_file_client(std::shared_ptr<const supervision::directory> directory, services_ptr context)
      : directory_(directory), pool_(std::move(directory)), context_(std::move(context)) {}

  void read(file_target target, std::size_t most, reply<read_file> done) override {
    run(std::move(target), failing(done), [done, most, budget = context_->file_memory](const view& seen) {
      auto content = files::read_file(seen.root, seen.path, most);
      if (!content.too_large) {
        auto room = launcher::hold(budget, content.bytes.size());
        return room ? done.deliver(read_file{std::move(content), std::move(room)})
                    : done.deliver(no_memory());
      }
      failure reason(error_code::file_too_large, "File too large");
      reason.path = seen.path;
      reason.size = content.description.size;
      reason.limit = most;
      done.deliver(std::move(reason));
    });
  }

  void open(file_target target, reply<std::shared_ptr<open_file>> done) override {
    run(std::move(target), failing(done), [done, pool = pool_](const view& seen) {
      done.deliver(
          std::make_shared<local_open_file>(pool, files::file_reader(seen.root, seen.path), seen.path));
    });
  }

  void write(file_target target, std::string content, reply<file_done> done) override {
    const auto room = launcher::hold(context_->file_memory, content.size());
    if (!room)
      return done.deliver(no_memory());
    // Shared, since functions on their way to the worker are copied.
    auto shared = std::make_shared<const std::string>(std::move(content));
    run(std::move(target), failing(done), [done, room, content = std::move(shared)](const view& seen) {
      const auto replaced = files::write_file(seen.root, seen.path, *content);
      done.deliver(file_done{seen.path}); // before what was replaced is freed
    });
  }

  void remove(file_target target, reply<file_done> done) override {
    run(std::move(target), failing(done), [done](const view& seen) {
      files::remove_file(seen.root, seen.path);
      done.deliver(file_done{seen.path});
    });
  }

  void move(file_target from, std::string to, reply<file_done> done) override {
    run(std::move(from), failing(done), [done, to = std::move(to)](const view& seen) {
      (void)files::status_of(seen.root.parent_of(seen.path)); // is it there at all?
      try {
        files::move_file(seen.root, seen.path, seen.resolve(to));
      } catch (const std::system_error& error) {
        auto reason = file_failure(error.code(), seen.path);
        if (reason.code == error_code::file_not_found)
          reason.code = error_code::filesystem_error;
        return done.deliver(std::move(reason));
      }
      done.deliver(file_done{seen.path});
    });
  }

  void make_directory(file_target target, bool recursive, reply<file_done> done) override {
    run(std::move(target), failing(done), [done, recursive](const view& seen) {
      recursive ? files::make_directories(seen.root, seen.path) : files::make_directory(seen.root, seen.path);
      done.deliver(file_done{seen.path});
    });
  }

  void exists(file_target target, reply<bool> done) override {
    run(std::move(target), failing(done),
        [done](const view& seen) { done.deliver(files::exists(seen.root, seen.path)); });
  }

  void list(file_target target, listing_options options, reply<directory_listing> done) override {
    options.max_entries = context_->settings()->files.max_list_entries;
    run(std::move(target), failing(done), [done, options, budget = context_->file_memory](const view& seen) {
      directory_listing listing{files::absolute_path("/", seen.path),
                                files::list_directory(seen.root, seen.path, options), nullptr};
      listing.room = launcher::hold(budget, memory_of(listing.entries));
      listing.room ? done.deliver(std::move(listing)) : done.deliver(no_memory());
    });
  }

private:
  /// What an operation works on.
  struct view {
    const files::sandbox_root& root;
    const file_place& place;
    std::string path; // absolute

    [[nodiscard]] std::string resolve(const std::string& other) const {
      return other.starts_with('/') ? other : place.current_directory() + '/' + other;
    }
  };

  /// Finds out where the session is, then has a worker do it. `work` delivers, or throws.
  void run(file_target target, const fail_function& fail, std::function<void(const view&)> work) {
    const auto manager = directory_->find<session_manager_actor>(paths::session_manager);
    if (!manager)
      return fail(unavailable());
    auto see = [context = context_, given = std::move(target.path),
                work = std::move(work)](const file_place& place, std::string& path) {
      const files::sandbox_root root(place.root, context->hidden_paths);
      view seen{root, place, {}};
      seen.path = path = seen.resolve(given);
      work(seen);
    };
    auto on_found = [pool = pool_, fail, see = std::move(see)](result_of<file_place> found) {
      if (const auto* reason = std::get_if<failure>(&found))
        return fail(*reason);
      pool.run(fail, [see, place = std::get<file_place>(std::move(found))](std::string& path) {
        see(place, path);
      });
    };
    caf::anon_send(manager, locate_files{std::move(target.session), target.missing,
                                         reply<file_place>(std::move(on_found))});
  }

  std::shared_ptr<const supervision::directory> directory_;
  worker_pool pool_;
  services_ptr context_;
};

} // namespace

std::shared_ptr<file_client> make_local_file_client(std::shared_ptr<const supervision::directory> directory,
                                                    services_ptr context) {
  return std::make_shared<local_file_client>(std::move(directory), std::move(context));
}

} // namespace sandboxd::actors
