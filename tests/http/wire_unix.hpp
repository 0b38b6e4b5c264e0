#pragma once

#include "tests/http/wire_relay.hpp"
#include "tests/support/scratch_directory.hpp"

#include <filesystem>
#include <functional>
#include <string>

namespace sandboxd::testing {

/// Servers that listen at a Unix socket, too.
class wire_unix : public wire_relay {
protected:
  const scratch_directory directory;
  const std::filesystem::path file = directory / "socket";
  const std::string get_own = get("/own");

  /// The adjustment of settings that makes a server listen at `file`.
  [[nodiscard]] wire_server::setting at_file(const wire_server::setting& more = {}) const {
    return [this, more](config::http_settings& http) {
      http.unix_socket = file;
      if (more)
        more(http);
    };
  }
};

} // namespace sandboxd::testing
