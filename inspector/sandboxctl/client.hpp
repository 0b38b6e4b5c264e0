#pragma once

#include "inspector/sandboxctl/address.hpp"
#include "inspector/sandboxctl/documents.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sandboxd::sandboxctl {

/// Speaks to the inspector. Every call throws `failure`: unreachable when nothing answers, refused with the
/// server's words when it says no, `not_offered` when it does not know the endpoint. One call at a time.
class client {
public:
  /// `token` may be empty.
  client(const address& server, const std::string& token);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  [[nodiscard]] json get(const std::string& target);

  json post(const std::string& path, const json& body);

  /// Gives the data of each event to `take` until that returns false, which is the only way to return: it
  /// throws as the others when the stream ends, also when nothing at all came for `patience`.
  void follow(const std::string& target, std::chrono::seconds patience,
              const std::function<bool(const std::string& data)>& take);

  /// Has a `follow` on another thread end soon.
  void stop();

  [[nodiscard]] const std::string& name() const { return name_; }

private:
  struct wire;

  [[noreturn]] void refuse(int status, const std::string& body, std::string_view asked) const;
  [[noreturn]] void lose(const std::string& problem) const;

  std::string prefix_;
  std::string name_;
  std::unique_ptr<wire> wire_;
};

} // namespace sandboxd::sandboxctl
