#include "actors/code_client.hpp"
#include "actors/interfaces.hpp"
#include "actors/paths.hpp"
#include "launcher/byte_budget.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <utility>

namespace sandboxd::actors {

namespace {

failure no_room() {
  return {error_code::too_busy, "The commands, code and contexts there are hold too much memory"};
}

std::size_t size_of(const std::vector<environment_change>& changes) {
  std::size_t bytes = 0;
  for (const auto& [name, value] : changes)
    bytes += name.size() + value.value_or("").size();
  return bytes;
}

/// Speaks to the actors of this process.
class local_code_client : public code_client {
public:
  local_code_client(std::shared_ptr<const supervision::directory> directory, services_ptr context)
      : directory_(std::move(directory)), context_(std::move(context)) {}

  void create(context_options options, reply<context_record> done) override {
    const auto manager = directory_->find<context_manager_actor>(paths::context_manager);
    if (!manager)
      return done.deliver(failure{error_code::unavailable, "The sandbox is starting or being restarted"});
    auto room =
        launcher::hold(context_->command_memory, options.variables.size() + size_of(options.environment));
    if (!room)
      return done.deliver(no_room());
    caf::anon_send(manager, create_context{std::move(options), std::move(room), std::move(done)});
  }

  [[nodiscard]] std::vector<context_record> list() const override { return context_->contexts->all(); }

  void remove(const std::string& id, reply<std::string> done) override {
    send<end_context>(id, std::move(done));
  }

  void interrupt(const std::string& id, reply<context_record> done) override {
    send<interrupt_context>(id, std::move(done));
  }

  void restart(const std::string& id, reply<context_record> done) override {
    send<restart_context>(id, std::move(done));
  }

  void reload_python(reply<std::string> done) override {
    if (const auto server = directory_->find<fork_server_actor>(paths::fork_server))
      caf::anon_send(server, reload_fork_server{std::move(done)});
    else
      done.deliver(failure{error_code::unavailable, "The sandbox is restarting its interpreters"});
  }

  [[nodiscard]] std::vector<pool_status> health() const override {
    std::vector<pool_status> all;
    for (const auto spoken : interpreters::every_language)
      if (const auto status = context_->pool(spoken))
        all.push_back(*status);
    return all;
  }

  void run(run_request request, std::shared_ptr<run_observer> observer) override {
    const auto id = request.context;
    const auto handle = make_run_handle(std::move(observer));
    const auto refuse = [&](const failure& reason) {
      handle->tell_end([&](run_observer& told) { told.failed(reason); });
    };
    const auto actor = find(id);
    if (!actor)
      return refuse(context_not_found(id));
    auto room = launcher::hold(context_->command_memory, request.code.size() + size_of(request.environment));
    if (!room)
      return refuse(no_room());
    caf::anon_send(actor,
                   run_code{std::move(request), handle, std::move(room), supervision::current_origin()});
  }

private:
  [[nodiscard]] code_context_actor find(const std::string& id) const {
    const auto entry = context_->contexts->find(id);
    if (!entry)
      return {};
    return directory_->find<code_context_actor>(paths::contexts + '/' + entry->child);
  }

  template <class Message, class Reply>
  void send(const std::string& id, Reply done) const {
    if (const auto actor = find(id))
      caf::anon_send(actor, Message{std::move(done)});
    else
      done.deliver(context_not_found(id));
  }

  std::shared_ptr<const supervision::directory> directory_;
  services_ptr context_;
};

} // namespace

std::shared_ptr<code_client> make_local_code_client(std::shared_ptr<const supervision::directory> directory,
                                                    services_ptr context) {
  return std::make_shared<local_code_client>(std::move(directory), std::move(context));
}

} // namespace sandboxd::actors
