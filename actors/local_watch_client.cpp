#include "actors/local_watch_client.hpp"

#include "actors/interfaces.hpp"
#include "actors/paths.hpp"
#include "launcher/byte_budget.hpp"

#include <caf/send.hpp>

#include <utility>

namespace sandboxd::actors {

namespace {

class local_watch_client : public watch_client {
public:
  local_watch_client(std::shared_ptr<const supervision::directory> directory, services_ptr context)
      : directory_(std::move(directory)), context_(std::move(context)) {}

  void watch(watch_options wanted, std::shared_ptr<watch_reader> reader) override {
    const watch_reader_handle handle(std::move(reader));
    readers_->set_limit(context_->settings()->watch.max_subscribers);
    auto room = launcher::hold(readers_, 1);
    if (!room)
      return handle.failed({error_code::too_busy, "Too many clients watch for changes"});
    const auto registry = directory_->find<watch_registry_actor>(paths::watch_registry);
    if (!registry)
      return handle.failed(unavailable());
    handle.hold(std::move(room));
    caf::anon_send(registry, subscribe_watch{files::normalized(std::move(wanted)), handle});
  }

  void check(watch_options wanted, std::optional<watch_version> since, reply<watch_check> done) override {
    const auto registry = directory_->find<watch_registry_actor>(paths::watch_registry);
    if (!registry)
      return done.deliver(unavailable());
    caf::anon_send(registry,
                   check_watch{files::normalized(std::move(wanted)), std::move(since), std::move(done)});
  }

private:
  static failure unavailable() {
    return {error_code::unavailable, "The sandbox is starting or being restarted"};
  }

  std::shared_ptr<const supervision::directory> directory_;
  services_ptr context_;
  /// Counts readers, until their end.
  const std::shared_ptr<launcher::byte_budget> readers_ = std::make_shared<launcher::byte_budget>(0);
};

} // namespace

std::shared_ptr<watch_client> make_local_watch_client(std::shared_ptr<const supervision::directory> directory,
                                                      services_ptr context) {
  return std::make_shared<local_watch_client>(std::move(directory), std::move(context));
}

} // namespace sandboxd::actors
