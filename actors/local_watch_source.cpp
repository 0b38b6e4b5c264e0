#include "actors/local_watch_source.hpp"

#include "actors/file_failure.hpp"
#include "actors/interfaces.hpp"
#include "actors/paths.hpp"
#include "files/sandbox_root.hpp"

#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/strand.hpp>
#include <caf/send.hpp>

#include <cerrno>
#include <exception>
#include <fcntl.h>
#include <system_error>
#include <utility>

namespace sandboxd::actors {

namespace {

/// Waits on the I/O threads until a descriptor can be read, on one of its own.
class readiness : public std::enable_shared_from_this<readiness> {
public:
  explicit readiness(asio::io_context& io) : strand_(asio::make_strand(io)), descriptor_(strand_) {}

  /// Waits for the same open file as `number`. Throws std::system_error. Before anything else.
  void open(int number) {
    launcher::descriptor copy(::fcntl(number, F_DUPFD_CLOEXEC, 0));
    if (!copy)
      files::throw_errno("dup");
    descriptor_.assign(copy.get());
    (void)copy.release();
  }

  void await(std::function<void()> readable) {
    asio::post(strand_, [self = shared_from_this(), readable = std::move(readable)]() mutable {
      if (self->descriptor_.is_open())
        self->descriptor_.async_wait(
            asio::posix::stream_descriptor::wait_read,
            asio::bind_executor(self->strand_,
                                [self, readable = std::move(readable)](const std::error_code& error) {
                                  if (!error)
                                    readable();
                                }));
    });
  }

  /// Closes it, then calls `closed` on an I/O thread.
  void close(std::function<void()> closed) {
    asio::post(strand_, [self = shared_from_this(), closed = std::move(closed)] {
      std::error_code ignored;
      self->descriptor_.close(ignored); // NOLINT(bugprone-unused-return-value)
      closed();
    });
  }

private:
  asio::strand<asio::io_context::executor_type> strand_;
  asio::posix::stream_descriptor descriptor_;
};

failure cannot_watch(std::string reason) {
  return {error_code::watch_start_failed, std::move(reason)};
}

class local_watch_source : public watch_source {
public:
  local_watch_source(services_ptr context, std::shared_ptr<const supervision::directory> directory,
                     files::watch_options wanted)
      : context_(std::move(context)), directory_(std::move(directory)), wanted_(std::move(wanted)),
        readiness_(std::make_shared<readiness>(context_->io)) {}

  local_watch_source(const local_watch_source&) = delete;
  local_watch_source& operator=(const local_watch_source&) = delete;

  ~local_watch_source() override {
    if (!watch_)
      return;
    // The last of the kernel's two references is dropped by the worker.
    readiness_->close([watch = std::move(watch_), directory = directory_]() mutable {
      if (const auto pool = directory->find<file_pool_actor>(paths::file_pool))
        caf::anon_send(pool, blocking_task{[held = std::move(watch)]() mutable { held.reset(); },
                                           [](const failure&) {}});
    });
  }

  [[nodiscard]] result_of<files::watch_turn> turn() override {
    try {
      if (!watch_)
        open();
      return watch_->turn();
    } catch (const files::outside_workspace& error) {
      failure reason(error_code::permission_denied,
                     "path must be inside " + context_->settings()->sandbox.workspace);
      reason.path = error.path;
      return reason;
    } catch (const std::system_error& error) {
      return watch_ ? cannot_watch(error.code().message()) : told(error.code());
    } catch (const std::exception& error) {
      failure reason = cannot_watch("a fault of the server");
      reason.detail = error.what();
      return reason;
    }
  }

  void await(std::function<void()> readable) override { readiness_->await(std::move(readable)); }

private:
  void open() {
    const auto settings = context_->settings();
    const files::sandbox_root root(context_->machine_root, context_->hidden_paths);
    auto opened = std::make_shared<files::directory_watch>(
        root, wanted_, files::watch_bounds{settings->sandbox.workspace, settings->watch.max_directories});
    readiness_->open(opened->events());
    watch_ = std::move(opened);
  }

  /// Why it cannot be opened.
  [[nodiscard]] failure told(const std::error_code& error) const {
    switch (error.value()) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP: {
      failure reason(error_code::file_not_found, "Path does not exist: " + wanted_.path);
      reason.path = wanted_.path;
      return reason;
    }
    case EACCES:
      return file_failure(error, wanted_.path);
    case EMFILE:
    case ENFILE:
      return cannot_watch(
          "the limit of inotify instances (fs.inotify.max_user_instances) or of descriptors is "
          "reached");
    default:
      return cannot_watch(error.message());
    }
  }

  const services_ptr context_;
  const std::shared_ptr<const supervision::directory> directory_;
  const files::watch_options wanted_;
  const std::shared_ptr<readiness> readiness_;
  std::shared_ptr<files::directory_watch> watch_;
};

} // namespace

watch_source_factory make_local_watch_sources(services_ptr context,
                                              std::shared_ptr<const supervision::directory> directory) {
  return
      [context = std::move(context), directory = std::move(directory)](const files::watch_options& wanted) {
        return std::make_shared<local_watch_source>(context, directory, wanted);
      };
}

} // namespace sandboxd::actors
