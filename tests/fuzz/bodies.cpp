#include "http/base64.hpp"
#include "http/chunked_body.hpp"
#include "http/exchange.hpp"
#include "http/json_reader.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/json_requests.hpp"
#include "tests/fuzz/second_reading.hpp"
#include "tests/fuzz/targets.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace sandboxd::fuzz {

namespace {

using http::json_error;
using http::json_tree;
using nlohmann::ordered_json;

/// Small, so that inputs reach them.
constexpr http::request_limits limits{256, 256, 1024, 16};
constexpr http::json_limits structure{16, 200};

/// What becomes of a body in chunks.
struct unchunked {
  bool complete = false;
  int status = 0; ///< when refused, with `why`
  std::string why;
  std::string body;
  std::size_t used = 0;

  friend bool operator==(const unchunked&, const unchunked&) = default;
};

template <typename Next_size>
unchunked decode(std::string_view bytes, Next_size next_size) {
  http::chunked_body chunks(limits);
  unchunked found;
  while (found.used < bytes.size() && !chunks.complete() && !chunks.refused())
    found.used += chunks.feed(bytes.substr(found.used, next_size(found.used)), found.body);
  found.complete = chunks.complete();
  if (const auto& refused = chunks.refused()) {
    found.status = refused->status;
    found.why = refused->message;
  }
  return found;
}

std::size_t ragged(char byte) {
  return 1 + static_cast<std::uint8_t>(byte) % 13;
}

std::string encode(std::string_view content) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string encoded;
  while (!content.empty()) {
    const auto chunk = content.substr(0, ragged(content.front()));
    encoded.append(1, digits[chunk.size()]).append("\r\n").append(chunk).append("\r\n");
    content.remove_prefix(chunk.size());
  }
  return encoded + "0\r\n\r\n";
}

void check_chunks(std::string_view sent) {
  const auto whole = decode(sent, [](std::size_t) { return std::string_view::npos; });
  expect(decode(sent, [](std::size_t) { return std::size_t{1}; }) == whole, "cuts change nothing: each byte");
  expect(decode(sent, [&sent](std::size_t at) { return ragged(sent[at]); }) == whole,
         "cuts change nothing: ragged");
  expect(whole.body.size() <= limits.body_bytes, "a body is no longer than allowed");
  expect(whole.why.empty() == (whole.status == 0), "a refused body is told why");
  expect(whole.status == 0 || whole.status == 400 || whole.status == 413 || whole.status == 431,
         "a refused body has the status of its fault");

  const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto again = read_again(head + std::string(sent));
  if (whole.complete)
    expect(again.is_refused ||
               (again.is_complete && again.used == head.size() + whole.used && again.body == whole.body),
           "another reader finds the same body");
  else
    expect(!again.is_complete || whole.status != 0, "another reader finds no end where there is none");

  const auto content = sent.substr(0, limits.body_bytes);
  const auto encoded = encode(content);
  const auto decoded = decode(encoded, [](std::size_t) { return std::string_view::npos; });
  expect(decoded.complete && decoded.used == encoded.size() && decoded.body == content,
         "what is put in chunks comes out again");
}

void check_base64(std::string_view text) {
  expect(http::decode_base64(http::encode_base64(text)) == text, "what is encoded comes out again");
  const auto decoded = http::decode_base64(text);
  if (!decoded)
    return;
  const auto significant = text.substr(0, text.find_last_not_of('=') + 1);
  expect(decoded->size() == significant.size() * 3 / 4, "base64 has three bytes for each four characters");
  const auto again = http::encode_base64(*decoded);
  // The last character may have had bits to spare.
  const auto sure = significant.substr(0, significant.size() - std::min<std::size_t>(significant.size(), 1));
  expect(std::string_view(again).starts_with(sure), "base64 has one meaning");
}

/// nlohmann's parser refuses half a surrogate pair, ours repairs it (HTTP.md 1.4).
bool may_hold_half_a_pair(std::string_view text) {
  return text.find("\\ud") != std::string_view::npos || text.find("\\uD") != std::string_view::npos;
}

bool operator==(const json_error& one, const json_error& other) {
  return one.why == other.why && one.field == other.field && one.message == other.message;
}

bool same(const std::variant<json_tree, json_error>& one, const std::variant<json_tree, json_error>& other) {
  if (const auto* tree = std::get_if<json_tree>(&one))
    return std::holds_alternative<json_tree>(other) && **tree == *std::get<json_tree>(other);
  return std::holds_alternative<json_error>(other) &&
         std::get<json_error>(one) == std::get<json_error>(other);
}

void check_json(std::string_view text, http::dialect spoken) {
  std::string tight(text);
  tight.shrink_to_fit();
  std::string roomy(text);
  roomy.reserve(text.size() + http::body_padding);
  const auto read = http::read_json(roomy, structure);
  expect(same(read, http::read_json(tight, structure)), "where a body lies changes nothing");

  const auto plain = ordered_json::parse(text, nullptr, false);
  if (const auto* error = std::get_if<json_error>(&read)) {
    expect(!error->field.empty() && !error->message.empty(), "a refused body names a field");
    expect(error->why != json_error::reason::syntax || plain.is_discarded() ||
               text.find('\0') != std::string_view::npos,
           "only what is no JSON is called so");
    return;
  }
  const auto& tree = std::get<json_tree>(read);
  expect(plain.is_discarded() ? may_hold_half_a_pair(text) : plain == *tree, "another reader reads the same");
  const auto written = http::read_json(tree->dump(), structure);
  expect(same(read, written), "what was read and is written reads the same");
  if (tree->is_object())
    check_json_requests(*tree, spoken);
}

} // namespace

void fuzz_bodies(std::span<const std::uint8_t> bytes) {
  const auto text = text_of(bytes);
  if (text.empty())
    return;
  const auto content = text.substr(1);
  switch (text.front()) {
  case 'c':
    return check_chunks(content);
  case '=':
    return check_base64(content);
  case 'a':
    return check_json(content, http::dialect::a);
  case 'b':
    return check_json(content, http::dialect::b);
  default:
    return check_json(content, http::dialect::unknown);
  }
}

} // namespace sandboxd::fuzz
