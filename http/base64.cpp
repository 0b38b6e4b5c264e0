#include "http/base64.hpp"

#include <restinio/utils/base64.hpp>

#include <utility>

namespace sandboxd::http {

namespace base64 = restinio::utils::base64;

std::string encode_base64(std::string_view bytes) {
  return base64::encode(restinio::string_view_t(bytes.data(), bytes.size()));
}

std::optional<std::string> decode_base64(std::string_view text) {
  const auto end = text.find_last_not_of('=');
  std::string padded(text.substr(0, end + 1)); // npos + 1 is 0
  if (padded.empty())
    return std::string{};
  padded.append((4 - padded.size() % 4) % 4, '=');
  auto decoded = base64::try_decode(restinio::string_view_t(padded.data(), padded.size()));
  if (!decoded)
    return std::nullopt;
  return std::move(*decoded);
}

} // namespace sandboxd::http
