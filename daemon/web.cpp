#include "daemon/web.hpp"

#include "actors/local_file_client.hpp"
#include "actors/local_git_client.hpp"
#include "actors/local_port_client.hpp"
#include "actors/local_process_client.hpp"
#include "actors/local_sandbox_client.hpp"
#include "actors/local_watch_client.hpp"
#include "daemon/admission.hpp"
#include "http/command_catalog.hpp"
#include "http/error_body.hpp"
#include "http/refusal_report.hpp"
#include "supervision/spawn.hpp"

#include <asio/post.hpp>
#include <fmt/format.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

namespace sandboxd::daemon {

namespace {

constexpr std::size_t longest_traced_path = 200; // bytes

struct entrance_state {
  static inline const char* name = "http";
};

caf::behavior entrance(supervision::stateful_pointer<entrance_state> self,
                       const std::shared_ptr<http::server>& server,
                       const std::shared_ptr<std::atomic<bool>>& is_draining,
                       const std::function<void(std::uint16_t)>& listening) {
  const bool first = server->port() == 0;
  if (!server->is_listening() && !*is_draining) // else an incarnation that crashed has left it open
    server->start();
  if (first)
    listening(server->port());
  self->set_status(fmt::format("listening on port {}", server->port()));
  self->set_exit_handler([self, server](const caf::exit_msg& message) {
    server->stop_accepting();
    self->quit(message.reason);
  });
  return {[](int) {}};
}

void log_access(log& lines, const http::access_record& record) {
  lines.write(record.internal ? config::log_level::debug : config::log_level::info, "http", "request",
              {{"requestId", record.request_id},
               {"method", record.method},
               {"path", record.path},
               {"status", std::int64_t{record.status}},
               {"bytesIn", static_cast<std::int64_t>(record.bytes_in)},
               {"bytesOut", static_cast<std::int64_t>(record.bytes_out)},
               {"microseconds", std::int64_t{record.duration.count()}},
               {"client", record.client},
               {"ended", http::to_string(record.ended)},
               {"code", record.code},
               {"sandboxId", record.sandbox_id},
               {"traceId", record.trace_id}});
}

supervision::trace_ptr begin_trace(supervision::trace_log& traces, const http::request& arrived,
                                   const std::string& client, std::chrono::steady_clock::time_point began,
                                   std::uint64_t per_second) {
  const auto* header = arrived.header("traceparent");
  return traces.begin({arrived.id, arrived.method, arrived.path.substr(0, longest_traced_path), client},
                      header == nullptr ? std::nullopt : supervision::parse_trace_parent(*header), per_second,
                      began);
}

} // namespace

web make_web(const actors::services_ptr& context, log& lines, const supervision::observer_ptr& observer) {
  const auto settings = context->settings();
  const auto& directory = observer->actors;
  const char* path = std::getenv("PATH");
  http::services with;
  with.settings = settings;
  with.sandbox = actors::make_local_sandbox_client(directory, context->command_memory);
  with.files = actors::make_local_file_client(directory, context);
  with.git = actors::make_local_git_client(directory, context);
  with.processes = actors::make_local_process_client(directory, context);
  with.ports = actors::make_local_port_client(directory, context);
  with.code = actors::make_local_code_client(directory, context);
  with.watches = actors::make_local_watch_client(directory, context);
  with.commands = std::make_shared<http::command_catalog>(path == nullptr ? "" : path);
  with.capture_limits = [context] { return context->capture_limits(); };
  with.log = [&lines](config::log_level level, std::string_view text) { lines.write(level, "http", text); };

  web made;
  made.parser = std::make_unique<asio::thread_pool>(1);
  with.run_apart = [parser = made.parser.get()](std::function<void()> task) {
    asio::post(*parser, std::move(task));
  };

  made.application = std::make_shared<http::application>(std::move(with));
  http::server_hooks hooks;
  hooks.handle = made.application->handler();
  if (settings->inspector.enabled && settings->inspector.traces_kept > 0) {
    observer->traces.keep(settings->inspector.traces_kept);
    hooks.trace = [observer, context](const http::request& arrived, const std::string& client,
                                      std::chrono::steady_clock::time_point began) {
      return begin_trace(observer->traces, arrived, client, began,
                         context->settings()->inspector.traces_per_second);
    };
  }
  hooks.refuse = [](const http::refusal& why) {
    return http::error_response(http::refusal_report(why), std::chrono::system_clock::now());
  };
  made.rule = std::make_shared<const http::admission_rule>(read_admission_rule(settings->http));
  if (settings->isolation.level != config::isolation_level::none && !settings->http.admit_workloads)
    tell_workloads(hooks, context);
  hooks.judge = [rule = made.rule](http::origin from,
                                   const http::request_head& head) -> std::optional<http::refusal> {
    if (from == http::origin::client &&
        head.method == "OPTIONS") // browsers ask without what they are to bring
      return std::nullopt;
    return rule->judge(from, head.authorization);
  };
  hooks.is_own_authorization = [rule = made.rule](std::string_view authorization) {
    return rule->is_own(authorization);
  };
  hooks.is_exposed = [context](std::uint16_t port) {
    return !context->is_own_port(port) && context->exposed_ports()->contains(port);
  };
  hooks.service_sockets = context->service_sockets();
  made.requests = std::make_shared<http::request_counters>();
  hooks.access_log = [&lines, observer, counters = made.requests](const http::access_record& record) {
    using keeping = supervision::trace_log::keeping;
    counters->count(record);
    observer->traces.finish(record.trace, record.status, record.bytes_out,
                            std::string(http::to_string(record.ended)),
                            record.internal ? keeping::dropped : keeping::kept);
    log_access(lines, record);
  };
  hooks.report = [&lines](std::string_view text) { lines.write(config::log_level::error, "http", text); };
  made.server = std::make_shared<http::server>(*settings, context->io, std::move(hooks));
  return made;
}

supervision::child_spec web_child(const web& made, std::function<void(std::uint16_t port)> listening) {
  supervision::child_spec spec;
  spec.id = "http";
  spec.start = supervision::supervised(entrance, made.server, made.is_draining, std::move(listening));
  return spec;
}

} // namespace sandboxd::daemon
