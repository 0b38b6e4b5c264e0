#include "inspector/sandboxctl/client.hpp"

#include "inspector/sandboxctl/event_stream.hpp"
#include "inspector/sandboxctl/failure.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <httplib.h>

namespace sandboxd::sandboxctl {

namespace {

using namespace std::chrono_literals;

constexpr auto patience_to_connect = 5s;
constexpr auto patience_for_answers = 30s;
/// Of a refusal; anybody may listen at the port.
constexpr std::size_t longest_refusal = 65'536;

std::string problem_of(httplib::Error error) {
  switch (error) {
  case httplib::Error::Connection:
    return "no connection; is it running, and is the URL right?";
  case httplib::Error::ConnectionTimeout:
    return "no connection within 5 s";
  case httplib::Error::Read:
    return "no answer, or not a whole one";
  case httplib::Error::Write:
    return "the connection broke";
  default:
    return httplib::to_string(error);
  }
}

bool is_good(int status) {
  return status >= 200 && status < 300;
}

} // namespace

struct client::wire {
  wire(const address& server, const std::string& token) : http(server.host, server.port) {
    http.set_default_headers({{"Host", server.authority()}});
    if (!token.empty())
      http.set_bearer_token_auth(token);
    http.set_connection_timeout(patience_to_connect);
    http.set_read_timeout(patience_for_answers);
    http.set_url_encode(false);
  }

  httplib::ClientImpl http;
};

client::client(const address& server, const std::string& token)
    : prefix_(server.prefix), name_("http://" + server.authority() + server.prefix),
      wire_(std::make_unique<wire>(server, token)) {}

client::~client() = default;

json client::get(const std::string& target) {
  const auto result = wire_->http.Get(prefix_ + target);
  if (!result)
    lose(problem_of(result.error()));
  if (!is_good(result->status))
    refuse(result->status, result->body, "GET " + target);
  return parse_document(result->body);
}

json client::post(const std::string& path, const json& body) {
  const auto result = wire_->http.Post(prefix_ + path, body.dump(), "application/json");
  if (!result)
    lose(problem_of(result.error()));
  if (!is_good(result->status))
    refuse(result->status, result->body, "POST " + path);
  return parse_document(result->body);
}

void client::follow(const std::string& target, std::chrono::seconds patience,
                    const std::function<bool(const std::string& data)>& take) {
  int status = 0;
  bool is_enough = false;
  std::string refusal;
  event_stream events;
  wire_->http.set_read_timeout(patience);
  const auto result = wire_->http.Get(
      prefix_ + target,
      [&](const httplib::Response& head) {
        status = head.status;
        return true;
      },
      [&](const char* bytes, std::size_t count) {
        if (!is_good(status)) {
          refusal.append(bytes, count);
          return refusal.size() < longest_refusal;
        }
        for (const auto& data : events.take({bytes, count}))
          if (is_enough = !take(data); is_enough)
            break;
        return !is_enough;
      });
  if (is_enough)
    return;
  if (status != 0 && !is_good(status))
    refuse(status, refusal, "GET " + target);
  if (!result && status == 0)
    lose(problem_of(result.error()));
  lose("the stream ended");
}

void client::stop() {
  wire_->http.stop();
}

void client::refuse(int status, const std::string& body, std::string_view asked) const {
  const auto document = json::parse(body, nullptr, false);
  const auto message = text_of(document, "message");
  const auto code = text_of(document, "code");
  if (status == 404 && (message.empty() || code == "UNKNOWN_ERROR"))
    throw not_offered(fmt::format("The sandboxd at {} does not offer {}; is it of another version?", name_,
                                  asked.substr(0, asked.find('?'))));
  if (status == 401)
    throw failure(exit_code::refused,
                  fmt::format("{} wants a token; give its file by --token-file ({})", name_, message));
  if (message.empty())
    throw failure(exit_code::refused, fmt::format("{} answered {} with status {}", name_, asked, status));
  throw failure(exit_code::refused, message);
}

void client::lose(const std::string& problem) const {
  throw failure(exit_code::unreachable, fmt::format("Cannot reach sandboxd at {}: {}", name_, problem));
}

} // namespace sandboxd::sandboxctl
