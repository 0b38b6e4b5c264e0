#pragma once

#include "actors/file_client.hpp"
#include "http/dialect.hpp"
#include "http/json_document.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

/// The answers that hold a file or a directory (HTTP.md 6.3, 6.6).
namespace sandboxd::http {

/// How a client wants a file's content.
enum class content_encoding : std::uint8_t {
  /// Text as text, anything else as base64.
  automatic,
  base64,
  /// As text where it is UTF-8, else as base64: what clients before 0.4.18, which always say `utf8`, rely on.
  utf8_if_possible,
  /// As text; what is no UTF-8 becomes U+FFFD.
  utf8,
};

/// What the member `encoding` of a request asks for; dialect A means nothing by it.
[[nodiscard]] content_encoding requested_encoding(const nlohmann::ordered_json& body, dialect spoken);

/// The answer to a request to read a file. `path` as the client wrote it.
[[nodiscard]] json_document content_document(actors::read_file file, std::string_view path,
                                             content_encoding wanted, const std::string& timestamp);

/// The answer to a request to list a directory.
[[nodiscard]] json_document listing_document(actors::directory_listing listing, std::string_view path,
                                             dialect spoken, const std::string& timestamp);

/// Permission bits as ls(1) shows them: nine characters, such as `rwxr-x--t`.
[[nodiscard]] std::string mode_text(std::uint16_t mode);

} // namespace sandboxd::http
