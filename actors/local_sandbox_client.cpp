#include "actors/local_sandbox_client.hpp"

#include "actors/interfaces.hpp"
#include "actors/paths.hpp"

#include <caf/send.hpp>

#include <utility>

namespace sandboxd::actors {

namespace {

failure unavailable() {
  return {error_code::unavailable, "The sandbox is starting or being restarted"};
}

class local_sandbox_client : public sandbox_client {
public:
  explicit local_sandbox_client(std::shared_ptr<const supervision::directory> directory)
      : directory_(std::move(directory)) {}

  void create_session(session_options options, if_exists existing, reply<session_created> done) override {
    if (const auto actor = manager())
      caf::anon_send(actor, actors::create_session{std::move(options), existing, std::move(done)});
    else
      done.deliver(unavailable());
  }

  void list_sessions(reply<std::vector<std::string>> done) override {
    if (const auto actor = manager())
      caf::anon_send(actor, actors::list_sessions{std::move(done)});
    else
      done.deliver(unavailable());
  }

  void delete_session(std::string id, reply<std::string> done) override {
    if (const auto actor = manager())
      caf::anon_send(actor, actors::delete_session{std::move(id), std::move(done)});
    else
      done.deliver(unavailable());
  }

  void execute(command_request request, observer_handle observer) override {
    if (const auto actor = manager())
      caf::anon_send(actor, run_command{std::move(request), std::move(observer)});
    else
      observer.failed(unavailable());
  }

private:
  [[nodiscard]] session_manager_actor manager() const {
    return directory_->find<session_manager_actor>(paths::session_manager);
  }

  std::shared_ptr<const supervision::directory> directory_;
};

} // namespace

std::shared_ptr<sandbox_client>
make_local_sandbox_client(std::shared_ptr<const supervision::directory> directory) {
  return std::make_shared<local_sandbox_client>(std::move(directory));
}

} // namespace sandboxd::actors
