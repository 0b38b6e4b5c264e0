#include "actors/local_sandbox_client.hpp"

#include "actors/interfaces.hpp"
#include "actors/paths.hpp"

#include <caf/send.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace sandboxd::actors {

namespace {

failure unavailable() {
  return {error_code::unavailable, "The sandbox is starting or being restarted"};
}

/// Room for a command until it has ended; null when there is none. Its text is kept twice while it waits,
/// since answers repeat it.
std::shared_ptr<const void> room_for(const command_request& request,
                                     const std::shared_ptr<launcher::byte_budget>& budget) {
  std::uint64_t bytes = 2 * request.command.size();
  for (const auto& [name, value] : request.env)
    bytes += name.size() + value.size();
  return launcher::hold(budget, bytes);
}

class local_sandbox_client : public sandbox_client {
public:
  local_sandbox_client(std::shared_ptr<const supervision::directory> directory,
                       std::shared_ptr<launcher::byte_budget> command_memory)
      : directory_(std::move(directory)), command_memory_(std::move(command_memory)) {}

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
    const auto actor = manager();
    if (!actor)
      return observer.failed(unavailable());
    auto room = room_for(request, command_memory_);
    if (!room)
      return observer.failed({error_code::too_busy, "The commands that wait or run hold too much memory"});
    observer.hold(std::move(room));
    caf::anon_send(actor,
                   run_command{std::move(request), std::move(observer), supervision::current_origin()});
  }

private:
  [[nodiscard]] session_manager_actor manager() const {
    return directory_->find<session_manager_actor>(paths::session_manager);
  }

  std::shared_ptr<const supervision::directory> directory_;
  std::shared_ptr<launcher::byte_budget> command_memory_;
};

} // namespace

std::shared_ptr<sandbox_client>
make_local_sandbox_client(std::shared_ptr<const supervision::directory> directory,
                          std::shared_ptr<launcher::byte_budget> command_memory) {
  return std::make_shared<local_sandbox_client>(std::move(directory), std::move(command_memory));
}

} // namespace sandboxd::actors
