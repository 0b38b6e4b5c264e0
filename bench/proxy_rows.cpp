#include "bench/conversations.hpp"
#include "bench/row.hpp"
#include "bench/sample_text.hpp"
#include "bench/service.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace sandboxd::bench {

namespace {

using nlohmann::json;

constexpr int rate_connections = 20;

/// Commands that run the service: our own, which costs next to nothing, and one of Node.
std::string own_service() {
  return "'" + std::filesystem::read_symlink("/proc/self/exe").string() + "' serve";
}
std::string node_service() {
  return "node '" BENCH_DIRECTORY "/service.mjs'";
}

/// Starts the service as a background process and exposes its port.
endpoint new_service(lane& with, const std::string& command) {
  const auto process = with.new_process(with.new_session(), command);
  const auto url = with.output_of(process);
  auto service = parse_endpoint(url.substr(0, url.find('\n')));
  const auto body = json{{"port", service.port}}.dump();
  with.demand(http_request("POST", "/api/expose-port", body), [&](const answer& whole) {
    return check_fields(whole, {{"success", true}, {"port", service.port}}, "port not exposed");
  });
  with.at_end(http_request("DELETE", "/api/unexpose-port", body));
  return service;
}

/// Asks the service for a body again and again.
class download : public repetition {
public:
  download(tally& results, std::string_view path, std::size_t bytes)
      : repetition(results, http_request("GET", path), [expected = sample_text(bytes)](const answer& whole) {
          return check_body(whole, expected);
        }) {}
};

/// The same with the bandwidth.
class timed_download : public download {
public:
  using download::download;

  void finished(const answer& whole) override {
    const auto failures = results().failures;
    download::finished(whole);
    if (results().failures == failures)
      results().received += whole.body.size();
  }
};

/// Two lanes for each target: through its proxy, and the same service asked without it.
template <class Conversation>
row through_proxy(std::string_view name, const std::string& command, const service_body& what,
                  int connections) {
  return {name, [=](const std::vector<target>& targets, const row_plan& plan) {
            lanes result;
            for (const auto& each : targets) {
              if (each.reference)
                continue;
              auto& through = *result.emplace_back(std::make_unique<lane>(each, plan));
              const auto service = new_service(through, command);
              auto& direct = *result.emplace_back(std::make_unique<lane>(target{"direct", service}, plan));
              const auto prefix = "/proxy/" + std::to_string(service.port);
              for (int index = 0; index < connections; ++index) {
                through.converse<Conversation>(prefix + std::string(what.path), what.bytes);
                direct.converse<Conversation>(what.path, what.bytes);
              }
            }
            return result;
          }};
}

} // namespace

std::vector<row> proxy_rows() {
  return {
      through_proxy<download>("proxy-rate", own_service(), small_body, rate_connections),
      through_proxy<timed_download>("proxy-bandwidth", own_service(), large_body, 1),
      through_proxy<download>("proxy-rate-node", node_service(), small_body, rate_connections),
      through_proxy<timed_download>("proxy-bandwidth-node", node_service(), large_body, 1),
  };
}

} // namespace sandboxd::bench
