#include "http/exchange.hpp"
#include "http/relayed_head.hpp"
#include "http/request_head.hpp"
#include "http/request_scanner.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/second_reading.hpp"
#include "tests/fuzz/targets.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::fuzz {

namespace {

using http::body_framing;
using http::request_scanner;
using http::same_field_name;
using progress = request_scanner::progress;
using fields = std::vector<std::pair<std::string, std::string>>;

/// Small, so that inputs reach them.
constexpr http::request_limits limits{256, 1024, 1024, 16};
/// Of a service, which takes what the proxy has added.
constexpr http::request_limits service_limits{4096, 65536, 1024, 64};

constexpr std::string_view line_end = "\r\n";

/// What the guard makes of one request.
struct scanned {
  progress where = progress::before_head;
  int status = 0; ///< when refused, with `why`
  std::string why;
  http::request_head head;
  std::string body;
  std::size_t head_bytes = 0; ///< 0: the head was not over
  std::size_t used = 0;
};

bool operator==(const scanned& one, const scanned& other) {
  const auto parts = [](const scanned& of) {
    const auto& head = of.head;
    return std::tie(of.where, of.status, of.why, of.body, of.head_bytes, of.used, head.method, head.target,
                    head.minor_version, head.framing, head.content_length, head.expects_continue,
                    head.request_id, head.forwarded);
  };
  return parts(one) == parts(other);
}

/// Scans a request that comes in pieces; `next_size` tells how long the one is that begins at a place.
template <typename Next_size>
scanned scan(std::string_view bytes, Next_size next_size) {
  request_scanner scanner(limits);
  scanned found;
  for (std::size_t available = 0;;) {
    found.used += scanner.feed(bytes.substr(found.used, available - found.used));
    found.where = scanner.where();
    if (found.where == progress::head_complete) {
      found.head_bytes = found.used;
      scanner.begin_body();
    } else if (found.where == progress::complete || found.where == progress::refused ||
               available == bytes.size()) {
      break;
    } else {
      available = std::min(bytes.size(), available + next_size(available));
    }
  }
  if (found.where == progress::refused) {
    found.status = scanner.why().status;
    found.why = scanner.why().message;
  }
  found.head = scanner.head();
  found.body = scanner.body();
  return found;
}

void check_line_ends(std::string_view raw) {
  expect(raw.find('\0') == std::string_view::npos, "an accepted head has no NUL");
  for (std::size_t at = 0; at < raw.size(); ++at) {
    expect(raw[at] != '\r' || raw.substr(at, 2) == line_end, "no carriage return stands alone in a head");
    expect(raw[at] != '\n' || (at > 0 && raw[at - 1] == '\r'), "no line feed stands alone in a head");
  }
}

std::string_view trimmed(std::string_view value) {
  value.remove_prefix(std::min(value.size(), value.find_first_not_of(" \t")));
  return value.substr(0, value.find_last_not_of(" \t") + 1);
}

/// The field lines of a head as anybody would cut them.
fields fields_of(std::string_view raw) {
  fields found;
  const auto take_line = [&raw] {
    const auto end = raw.find(line_end);
    expect(end != std::string_view::npos, "the lines of an accepted head end");
    const auto line = raw.substr(0, end);
    raw.remove_prefix(end + line_end.size());
    return line;
  };
  (void)take_line(); // the request line
  for (auto line = take_line(); !line.empty(); line = take_line()) {
    const auto colon = line.find(':');
    expect(colon != std::string_view::npos, "each line of an accepted head names a field");
    found.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
  expect(raw.empty(), "an accepted head ends with its empty line");
  return found;
}

fields named(const fields& all, std::string_view name) {
  fields found;
  for (const auto& one : all)
    if (same_field_name(one.first, name))
      found.push_back(one);
  return found;
}

/// RFC 9112 sections 3.2 and 6.3.
void check_framing(const fields& all, const http::request_head& head) {
  const auto hosts = named(all, "host").size();
  expect(hosts == 1 || (hosts == 0 && head.minor_version == 0), "an accepted head names one host");
  const auto lengths = named(all, "content-length");
  const auto codings = named(all, "transfer-encoding");
  expect(lengths.size() + codings.size() <= 1, "an accepted head frames its body in one way");
  expect((head.framing == body_framing::chunked) == !codings.empty(), "what is coded is read so");
  std::uint64_t length = 0;
  for (const auto& [name, value] : lengths) {
    const auto [end, fault] = std::from_chars(value.data(), value.data() + value.size(), length);
    expect(fault == std::errc() && end == value.data() + value.size(), "an accepted length is a number");
  }
  expect(head.content_length == length, "a length is read as it stands there");
  expect((head.framing == body_framing::counted) == (length > 0), "what has a length is read so");
}

/// What is passed on of the fields, the empty ones too.
fields to_pass_on(const fields& all) {
  constexpr std::array<std::string_view, 3> framing{"content-length", "transfer-encoding", "expect"};
  fields kept;
  for (const auto& one : all) {
    const bool is_framing = std::any_of(framing.begin(), framing.end(), [&one](std::string_view name) {
      return same_field_name(one.first, name);
    });
    const bool is_other_upgrade =
        same_field_name(one.first, "upgrade") && !same_field_name(one.second, "websocket");
    if (!is_framing && !is_other_upgrade)
      kept.push_back(one);
  }
  return kept;
}

/// What RESTinio refuses although the guard does not, and the client is told so: it knows some methods only,
/// and takes a name that merely begins with Transfer-Encoding for that.
bool may_be_refused(const fields& all, std::string_view why) {
  constexpr std::string_view prefix = "transfer-encoding";
  return why == "HPE_INVALID_METHOD" ||
         (why == "HPE_INVALID_TRANSFER_ENCODING" && std::any_of(all.begin(), all.end(), [&](const auto& one) {
            return one.first.size() > prefix.size() &&
                   same_field_name(std::string_view(one.first).substr(0, prefix.size()), prefix);
          }));
}

void check_forwarded(const fields& all, const http::request_head& head) {
  const auto again = read_again(head.forwarded);
  if (again.is_refused)
    return expect(may_be_refused(all, again.why), "RESTinio takes what the guard takes");
  expect(again.is_complete && again.used == head.forwarded.size(), "what is passed on is one request");
  expect(again.method == head.method && again.target == head.target &&
             again.minor_version == head.minor_version,
         "RESTinio reads the same request line");
  expect(!again.is_chunked && !again.content_length, "what is passed on has no body");
  expect(again.fields == to_pass_on(all), "RESTinio reads the same fields");
}

/// The head as it came, read by somebody more lenient.
void check_second_reading(std::string_view raw, const http::request_head& head) {
  const auto again = read_again(raw);
  if (again.is_refused || !again.has_head)
    return;
  expect(again.is_chunked == (head.framing == body_framing::chunked) &&
             again.content_length.value_or(0) == head.content_length,
         "another reader finds the end of the body at the same place");
}

void check_relayed(const http::request_head& head) {
  if (!http::is_relayed(head.target))
    return;
  const auto read = http::read_relay_target(head.target);
  if (const auto* refused = std::get_if<http::refusal>(&read))
    return expect(refused->status == 400 && !refused->message.empty(), "a refused proxy path is told so");
  const auto& to = std::get<http::relay_target>(read);
  expect(to.port > 0 && to.target.starts_with('/'), "a proxy path leads to a port and a path there");
  const auto sent = http::relayed_request(head, to, {"192.0.2.1", "r1"});
  http::head_scanner scanner(service_limits);
  expect(scanner.feed(sent) == sent.size() && scanner.complete(), "what the proxy sends is one whole head");
  const auto& again = scanner.head();
  expect(again.method == head.method && again.target == to.target && again.framing == head.framing &&
             again.content_length == head.content_length && again.minor_version == head.minor_version &&
             again.expects_continue == head.expects_continue,
         "the proxy asks what its client asked");
  expect(again.request_id == "r1" && http::asks_for_upgrade(again) == http::asks_for_upgrade(head),
         "the proxy adds its own and keeps an upgrade");
}

void check_accepted(std::string_view raw, const http::request_head& head) {
  if (raw.starts_with(line_end)) // RFC 9112 section 2.2
    raw.remove_prefix(line_end.size());
  check_line_ends(raw);
  expect(head.forwarded.size() <= raw.size(), "a head is passed on no longer than it came");
  const auto all = fields_of(raw);
  expect(all.size() <= limits.header_fields, "an accepted head has no more fields than allowed");
  check_framing(all, head);
  check_forwarded(all, head);
  check_second_reading(raw, head);
  check_relayed(head);
}

void check_refusal(const scanned& request) {
  constexpr std::array statuses{400, 413, 414, 417, 431, 501, 505};
  expect(std::find(statuses.begin(), statuses.end(), request.status) != statuses.end(),
         "a refused request has the status of its fault");
  expect(!request.why.empty(), "a refused request is told why");
}

} // namespace

void fuzz_heads(std::span<const std::uint8_t> bytes) {
  auto sent = text_of(bytes);
  while (!sent.empty()) {
    const auto whole = scan(sent, [&sent](std::size_t) { return sent.size(); });
    expect(scan(sent, [](std::size_t) { return std::size_t{1}; }) == whole, "cuts change nothing: each byte");
    expect(scan(sent, [&sent](std::size_t at) { return 1 + std::size_t{std::uint8_t(sent[at])} % 13; }) ==
               whole,
           "cuts change nothing: ragged");
    expect(whole.body.size() <= limits.body_bytes, "a body is no longer than allowed");
    if (whole.where == progress::refused)
      check_refusal(whole);
    if (whole.head_bytes > 0)
      check_accepted(sent.substr(0, whole.head_bytes), whole.head);
    if (whole.where != progress::complete)
      return;
    sent.remove_prefix(whole.used);
  }
}

} // namespace sandboxd::fuzz
