#include "daemon/web.hpp"

#include "actors/local_sandbox_client.hpp"
#include "http/command_catalog.hpp"
#include "http/error_body.hpp"
#include "http/refusal_report.hpp"
#include "supervision/spawn.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <utility>

namespace sandboxd::daemon {

namespace {

struct listener_state {
  static inline const char* name = "http";
};

caf::behavior listener(supervision::stateful_pointer<listener_state> self,
                       std::shared_ptr<http::server> server, std::function<void(std::uint16_t)> listening) {
  if (server->port() == 0) { // else an earlier incarnation has started it
    server->start();
    listening(server->port());
  }
  self->set_status(fmt::format("listening on port {}", server->port()));
  self->set_exit_handler([self, server](const caf::exit_msg& message) {
    server->stop_accepting();
    self->quit(message.reason);
  });
  return {[](int) {}};
}

void log_access(log& lines, const http::access_record& record) {
  lines.write(config::log_level::info, "http", "request",
              {{"requestId", record.request_id},
               {"method", record.method},
               {"path", record.path},
               {"status", std::int64_t{record.status}},
               {"bytesIn", static_cast<std::int64_t>(record.bytes_in)},
               {"bytesOut", static_cast<std::int64_t>(record.bytes_out)},
               {"microseconds", std::int64_t{record.duration.count()}},
               {"client", record.client},
               {"ended", http::to_string(record.ended)}});
}

} // namespace

web make_web(asio::io_context& io, log& lines, std::shared_ptr<const config::settings> settings,
             std::shared_ptr<const supervision::directory> directory) {
  const char* path = std::getenv("PATH");
  http::services with;
  with.settings = settings;
  with.sandbox = actors::make_local_sandbox_client(std::move(directory));
  with.commands = std::make_shared<http::command_catalog>(path == nullptr ? "" : path);
  with.log = [&lines](config::log_level level, std::string_view text) { lines.write(level, "http", text); };

  web made;
  made.application = std::make_shared<http::application>(std::move(with));
  http::server_hooks hooks;
  hooks.handle = made.application->handler();
  hooks.refuse = [](const http::refusal& why) {
    return http::error_response(http::refusal_report(why), std::chrono::system_clock::now());
  };
  hooks.access_log = [&lines](const http::access_record& record) { log_access(lines, record); };
  hooks.report = [&lines](std::string_view text) { lines.write(config::log_level::error, "http", text); };
  made.server = std::make_shared<http::server>(*settings, io, std::move(hooks));
  return made;
}

supervision::child_spec web_child(std::shared_ptr<http::server> server,
                                  std::function<void(std::uint16_t port)> listening) {
  supervision::child_spec spec;
  spec.id = "http";
  spec.start = supervision::supervised(listener, std::move(server), std::move(listening));
  return spec;
}

} // namespace sandboxd::daemon
