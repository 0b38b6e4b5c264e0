#pragma once

#include "actors/git_client.hpp"
#include "config/settings.hpp"
#include "http/dialect.hpp"
#include "http/error_body.hpp"
#include "http/exchange.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>

namespace sandboxd::http {

/// What the answer to a clone repeats of its request. Copies are cheap enough for call-backs.
struct git_request {
  std::string url;        ///< without credentials
  std::string target_dir; ///< as the client wrote it
  std::string branch;     ///< that was asked for; empty: none
  std::chrono::milliseconds timeout{0};
};

struct git_checkout {
  git_request shown;
  actors::checkout_request wanted;
};

/// Reads the body of `POST /api/git/checkout` (HTTP.md 7). `now` and `random` make the directory of dialect
/// A.
[[nodiscard]] std::variant<git_checkout, error_report>
read_git_request(const request& sent, nlohmann::ordered_json& body, dialect spoken,
                 const config::settings& settings, std::chrono::system_clock::time_point now,
                 std::uint64_t random);

} // namespace sandboxd::http
