#include "daemon/inspector_host.hpp"

#include "daemon/admission.hpp"
#include "daemon/io_thread.hpp"
#include "http/error_body.hpp"
#include "http/refusal_report.hpp"
#include "inspector/application.hpp"
#include "inspector/page_files.hpp"
#include "launcher/quiet_thread.hpp"
#include "supervision/actor_base.hpp"
#include "supervision/spawn.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <pthread.h>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace sandboxd::daemon {

/// From the door to itself.
struct listen_again {};

} // namespace sandboxd::daemon

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::daemon::listen_again)

namespace sandboxd::daemon {

namespace {

/// Until a port that is taken is tried again.
constexpr std::chrono::seconds retry_pause{5};

/// Bodies are orders of a few words.
constexpr std::uint64_t largest_body = 64u << 10;

struct door_state {
  static inline const char* name = "inspector";
};

void listen(supervision::stateful_pointer<door_state> self, const std::shared_ptr<http::server>& server,
            const std::function<void(std::uint16_t)>& listening) {
  try {
    if (!server->is_listening()) // else an incarnation that crashed has left it open
      server->start();
    self->set_status(fmt::format("listening on port {}", server->port()));
    listening(server->port());
  } catch (const std::system_error& problem) {
    const auto words = fmt::format("cannot listen at inspector.address, inspector.port: {}", problem.what());
    if (words != self->record()->last_error()) // it is tried for as long as it takes
      self->observer()->events.append({.kind = supervision::event_kind::notice,
                                       .path = self->record()->path(),
                                       .actor_kind = door_state::name,
                                       .text = words + "; tries again"});
    self->set_last_error(words);
    self->set_status("waiting to listen");
    self->delayed_send(self, retry_pause, listen_again{});
  }
}

caf::behavior door(supervision::stateful_pointer<door_state> self,
                   const std::shared_ptr<http::server>& server,
                   const std::function<void(std::uint16_t)>& listening) {
  listen(self, server, listening);
  return {[self, server, listening](listen_again) { listen(self, server, listening); }};
}

/// Those of the sandbox's interface, but for what belongs to its own.
config::settings listener_settings(const config::settings& all) {
  auto own = all;
  own.http.address = all.inspector.address;
  own.http.port = all.inspector.port;
  own.http.unix_socket.clear();
  own.http.max_connections = all.inspector.max_connections;
  own.http.max_body_bytes = largest_body;
  own.http.max_buffered_bytes = largest_body * all.inspector.max_connections;
  return own;
}

http::server_hooks make_hooks(const actors::services_ptr& context,
                              std::shared_ptr<const http::admission_rule> rule, log& lines,
                              std::shared_ptr<const inspector::services> with) {
  const auto settings = context->settings();
  http::server_hooks hooks;
  hooks.handle = inspector::make_application(std::move(with));
  hooks.refuse = [](const http::refusal& why) {
    return http::error_response(http::refusal_report(why), std::chrono::system_clock::now());
  };
  // At `none` a workload reaches all there is anyway.
  if (settings->isolation.level != config::isolation_level::none && !settings->inspector.admit_workloads)
    tell_workloads(hooks, context);
  hooks.judge = [rule = std::move(rule)](http::origin from,
                                         const http::request_head& head) -> std::optional<http::refusal> {
    if (from == http::origin::client && inspector::find_page_file(head.target) != nullptr)
      return std::nullopt; // it asks for the token
    return rule->judge(from, head.authorization);
  };
  hooks.any_origin = false;
  hooks.access_log = [&lines](const http::access_record& record) {
    const bool is_news = record.method == "POST" || record.status == 401 || record.status == 403;
    lines.write(is_news ? config::log_level::info : config::log_level::debug, "inspector", "request",
                {{"requestId", record.request_id},
                 {"method", record.method},
                 {"path", record.path},
                 {"status", std::int64_t{record.status}},
                 {"client", record.client}});
  };
  hooks.report = [&lines](std::string_view text) {
    lines.write(config::log_level::error, "inspector", text);
  };
  return hooks;
}

} // namespace

inspector_host::inspector_host(const actors::services_ptr& context,
                               std::shared_ptr<const http::admission_rule> rule, const surroundings& with,
                               log& lines)
    : work_(asio::make_work_guard(io_)) {
  server_ = std::make_shared<http::server>(
      listener_settings(*context->settings()), io_,
      make_hooks(context, std::move(rule), lines, std::make_shared<const inspector::services>(with(io_))));
  thread_ = launcher::quiet_thread([this, &lines] {
    ::pthread_setname_np(::pthread_self(), "inspector");
    run_handlers(io_, lines);
  });
}

void inspector_host::stop() {
  if (!thread_.joinable())
    return;
  server_->stop_accepting();
  server_->close_all(std::chrono::milliseconds(0));
  io_.stop();
  thread_.join();
}

supervision::child_spec inspector_host::child(std::function<void(std::uint16_t)> listening) const {
  supervision::child_spec spec;
  spec.id = "inspector";
  spec.start = supervision::supervised(door, server_, std::move(listening));
  return spec;
}

} // namespace sandboxd::daemon
