#include "actors/session_manager.hpp"

#include "actors/command_relay.hpp"
#include "actors/execution.hpp"
#include "actors/paths.hpp"
#include "actors/session_tree.hpp"
#include "supervision/errors.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<session_manager_state, session_manager_actor>;
using supervision::supervisor_actor;

/// Questions to neighbours that answer from memory.
constexpr std::chrono::seconds neighbour_timeout{5};

/// What a command outside of sessions gets on top of `session.kill-grace` for its end.
constexpr std::chrono::milliseconds clean_up_time{1000};

template <class Handle>
Handle find(self_pointer self, const std::string& path) {
  return self->observer()->actors->template find<Handle>(path);
}

failure unavailable() {
  return {error_code::unavailable, "The sandbox is restarting its sessions"};
}

failure start_failure(const std::string& id, const caf::error& reason) {
  failure result;
  result.code = error_code::command_execution_error;
  result.message = fmt::format("Failed to start the shell of session '{}'", id);
  result.session = id;
  result.detail = supervision::describe(reason);
  return result;
}

void show_count(self_pointer self) {
  self->set_status(fmt::format("{} sessions", self->state.sessions.size()));
}

/// Fails everything that waits for a session that will not come.
void abandon(const known_session& session, const failure& reason) {
  for (const auto& creation : session.creations)
    creation.done.deliver(reason);
  for (const auto& command : session.commands)
    command.observer.failed(reason);
}

void forget(self_pointer self, const std::string& id, const failure& reason) {
  auto entry = self->state.sessions.extract(id);
  if (!entry.empty())
    abandon(entry.mapped(), reason);
  show_count(self);
}

void pass_on(self_pointer self, const known_session& session, run_command command) {
  const auto actor = find<session_actor>(self, paths::sessions + '/' + session.child + "/session");
  if (!actor)
    return command.observer.failed(session_failure(error_code::session_terminated, command.request.session));
  const supervision::trace_scope here(command.origin);
  self->send(actor, std::move(command));
}

void on_ready(self_pointer self, const std::string& id, const std::string& child,
              const caf::strong_actor_ptr& tree) {
  const auto entry = self->state.sessions.find(id);
  if (entry == self->state.sessions.end() || entry->second.child != child)
    return; // deleted while it started; its tree is being stopped
  auto& session = entry->second;
  session.tree = tree;
  self->monitor(tree);
  bool created = true;
  for (const auto& creation : std::exchange(session.creations, {})) {
    if (!created && creation.existing == if_exists::refuse)
      creation.done.deliver(session_failure(error_code::session_already_exists, id));
    else
      creation.done.deliver(session_created{id, created});
    created = false;
  }
  for (auto& command : std::exchange(session.commands, {}))
    pass_on(self, session, std::move(command));
}

/// Starts a session's tree. Returns where requests may wait for it, or null (then `reason` says why).
known_session* start_session(self_pointer self, const session_options& options, failure& reason) {
  auto& state = self->state;
  const auto settings_now = state.context->settings();
  const auto& settings = *settings_now;
  const auto supervisor = find<supervisor_actor>(self, paths::sessions);
  if (!supervisor) {
    reason = unavailable();
    return nullptr;
  }
  const auto most = settings.session.max_sessions;
  if (state.sessions.size() >= most || state.sessions.size() + state.ending >= 2 * most) {
    reason = {error_code::too_busy, "There are too many sessions", options.id};
    return nullptr;
  }
  const auto number = ++state.last_number;
  // Never the session's id, which may be a secret (a bearer token, HTTP.md 1.2): paths of the tree are
  // logged.
  const auto child = std::to_string(number);
  const auto directory = fmt::format("{}/{}", state.context->directory, child);
  auto& session = state.sessions[options.id];
  session.child = child;
  show_count(self);
  self->request(supervisor, 3 * settings.session.start_timeout,
                supervision::start_child{session_tree(child, state.context, options, directory)})
      .then([self, id = options.id,
             child](const caf::strong_actor_ptr& tree) { on_ready(self, id, child, tree); },
            [self, id = options.id, child](const caf::error& error) {
              const auto entry = self->state.sessions.find(id);
              if (entry != self->state.sessions.end() && entry->second.child == child)
                forget(self, id, start_failure(id, error));
            });
  return &session;
}

/// Ends a session that exists; what waits or runs in it fails with `reason`.
void end_session(self_pointer self, const std::string& id, const failure& reason) {
  const auto& session = self->state.sessions.at(id);
  const auto child = session.child;
  if (const auto actor = find<session_actor>(self, paths::sessions + '/' + child + "/session"))
    self->send(actor, close_session{});
  if (session.tree)
    self->demonitor(session.tree->address());
  forget(self, id, reason);
  const auto supervisor = find<supervisor_actor>(self, paths::sessions);
  if (!supervisor)
    return;
  ++self->state.ending;
  self->request(supervisor, caf::infinite, supervision::terminate_child{child})
      .then([self] { --self->state.ending; }, [self](const caf::error&) { --self->state.ending; });
}

void on_create(self_pointer self, create_session request);

/// A session that has lost its state with its shell gives way to a new one of its name (HTTP.md 4.1); any
/// other refuses it.
void replace_blank(self_pointer self, const create_session& request, const std::string& child) {
  const auto refuse = [request] {
    request.done.deliver(session_failure(error_code::session_already_exists, request.options.id));
  };
  const auto session = find<session_actor>(self, paths::sessions + '/' + child + "/session");
  if (!session)
    return refuse();
  self->request(session, neighbour_timeout, is_blank{})
      .then(
          [self, request, child, refuse](bool blank) {
            const auto entry = self->state.sessions.find(request.options.id);
            if (entry != self->state.sessions.end() && entry->second.child == child) {
              if (!blank)
                return refuse();
              end_session(self, entry->first, session_failure(error_code::session_destroyed, entry->first));
            }
            on_create(self, request);
          },
          [refuse](const caf::error&) { refuse(); });
}

void on_create(self_pointer self, create_session request) {
  auto& sessions = self->state.sessions;
  const auto& id = request.options.id;
  const auto entry = sessions.find(id);
  if (entry != sessions.end() && entry->second.ready()) {
    if (request.existing == if_exists::refuse)
      return replace_blank(self, request, entry->second.child);
    return request.done.deliver(session_created{id, false});
  }
  failure reason;
  auto* session = entry != sessions.end() ? &entry->second : start_session(self, request.options, reason);
  if (session == nullptr)
    return request.done.deliver(reason);
  session->creations.push_back(std::move(request));
}

/// A command outside of any session gets an actor of its own.
void on_execution(self_pointer self, const run_command& command) {
  auto& state = self->state;
  const auto supervisor = find<supervisor_actor>(self, paths::executions);
  if (!supervisor)
    return command.observer.failed(unavailable());
  supervision::child_spec spec;
  spec.id = std::to_string(++state.last_number);
  spec.restart = supervision::restart_type::temporary;
  spec.start = supervision::supervised(execution_behavior, state.context, command);
  spec.shutdown = state.context->settings()->session.kill_grace + clean_up_time;
  self->request(supervisor, neighbour_timeout, supervision::start_child{std::move(spec)})
      .then([](const caf::strong_actor_ptr&) {},
            [command](const caf::error& error) {
              if (supervision::is(error, supervision::supervision_error::too_many_children))
                command.observer.failed(
                    {error_code::too_busy, "There are too many commands outside of sessions"});
              else
                command.observer.failed(
                    command_failure({}, "The command could not be started", supervision::describe(error)));
            });
}

void on_command(self_pointer self, run_command command) {
  auto& sessions = self->state.sessions;
  if (command.request.mode == run_mode::sessionless)
    return on_execution(self, command);
  const auto& id = command.request.session;
  const auto entry = sessions.find(id);
  if (entry != sessions.end() && entry->second.ready())
    return pass_on(self, entry->second, std::move(command));
  if (entry == sessions.end() && command.request.missing == if_missing::refuse)
    return command.observer.failed(session_failure(error_code::session_not_found, id));

  failure reason;
  session_options options;
  options.id = id;
  options.keep_after_restart = command.request.keep_after_restart;
  auto* session = entry != sessions.end() ? &entry->second : start_session(self, options, reason);
  if (session == nullptr)
    return command.observer.failed(reason);
  if (session->commands.size() >= self->state.context->settings()->session.max_queued_commands)
    return command.observer.failed(session_failure(error_code::too_busy, id));
  session->commands.push_back(std::move(command));
}

void on_locate(self_pointer self, locate_files request) {
  const auto& sessions = self->state.sessions;
  const auto entry = sessions.find(request.session);
  if (entry == sessions.end() && request.missing == if_missing::refuse)
    return request.done.deliver(session_failure(error_code::session_not_found, request.session));
  const auto session =
      entry != sessions.end()
          ? find<session_actor>(self, paths::sessions + '/' + entry->second.child + "/session")
          : session_actor{};
  if (session)
    self->send(session, std::move(request));
  else
    request.done.deliver(self->state.context->files_outside_of_sessions());
}

/// The session is gone for its clients at once; what it started is ended in the background.
void on_delete(self_pointer self, const delete_session& request) {
  const auto entry = self->state.sessions.find(request.id);
  if (entry == self->state.sessions.end())
    return request.done.deliver(session_failure(error_code::session_not_found, request.id));
  end_session(self, request.id, session_failure(error_code::session_destroyed, request.id));
  request.done.deliver(request.id);
}

void on_list(self_pointer self, const list_sessions& request) {
  std::map<std::uint64_t, std::string> in_order; // of their creation
  for (const auto& [id, session] : self->state.sessions)
    in_order.emplace(std::stoull(session.child), id);
  std::vector<std::string> ids;
  ids.reserve(in_order.size());
  for (auto& [number, id] : in_order)
    ids.push_back(std::move(id));
  request.done.deliver(std::move(ids));
}

/// A session's tree gave up, or went down with all of them.
void on_down(self_pointer self, const caf::down_msg& message) {
  auto& sessions = self->state.sessions;
  const auto entry = std::find_if(sessions.begin(), sessions.end(), [&](const auto& item) {
    return item.second.tree && item.second.tree->address() == message.source;
  });
  if (entry != sessions.end())
    forget(self, entry->first, session_failure(error_code::session_terminated, entry->first));
}

/// No number is used twice: each is the id of a child.
void remember_number(self_pointer self, const supervision::child_info& child) {
  std::uint64_t used = 0;
  std::from_chars(child.id.data(), child.id.data() + child.id.size(), used);
  self->state.last_number = std::max(self->state.last_number, used);
}

void readopt(self_pointer self, const supervisor_actor& supervisor, const supervision::child_info& child) {
  if (child.phase == supervision::child_phase::starting) { // who waited for it has been told that it is lost
    self->request(supervisor, caf::infinite, supervision::terminate_child{child.id})
        .then([] {}, [](const caf::error&) {});
    return;
  }
  const auto session = find<session_actor>(self, paths::sessions + '/' + child.id + "/session");
  if (!session || !child.handle || child.phase != supervision::child_phase::running)
    return;
  self->request(session, neighbour_timeout, get_session_options{})
      .await(
          [self, child](const session_options& options) {
            self->state.sessions[options.id] = {child.id, child.handle, {}, {}};
            self->monitor(child.handle);
            show_count(self);
          },
          [](const caf::error&) {}); // it is ending
}

/// Learns who lives before anything else is done.
void remember(self_pointer self) {
  for (const auto& path : {paths::sessions, paths::executions}) {
    const auto supervisor = find<supervisor_actor>(self, path);
    if (!supervisor)
      continue;
    self->request(supervisor, neighbour_timeout, supervision::which_children{})
        .await(
            [self, supervisor, path](const supervision::child_infos& children) {
              for (const auto& child : children) {
                remember_number(self, child);
                if (path == paths::sessions)
                  readopt(self, supervisor, child);
              }
            },
            [self](const caf::error& reason) { self->quit(reason); });
  }
}

} // namespace

session_manager_actor::behavior_type session_manager_behavior(self_pointer self, services_ptr context) {
  self->state.context = std::move(context);
  self->set_down_handler([self](const caf::down_msg& message) { on_down(self, message); });
  remember(self);
  show_count(self);
  return {
      [self](create_session& request) { on_create(self, std::move(request)); },
      [self](const list_sessions& request) { on_list(self, request); },
      [self](const delete_session& request) { on_delete(self, request); },
      [self](locate_files& request) { on_locate(self, std::move(request)); },
      [self](run_command& command) { on_command(self, std::move(command)); },
  };
}

} // namespace sandboxd::actors
