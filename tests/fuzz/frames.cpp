#include "interpreters/executor_message.hpp"
#include "interpreters/foreign_json.hpp"
#include "interpreters/transpiler_message.hpp"
#include "launcher/frame_reader.hpp"
#include "tests/fuzz/as_utf8.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/targets.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::fuzz {

namespace {

using nlohmann::json;

constexpr std::size_t largest = 1024; ///< payload, small, so that inputs reach it
constexpr std::size_t length_bytes = 4;
/// Below what is left out for its depth.
constexpr std::ptrdiff_t most_openers = 1000;

/// What a reader makes of a stream of frames.
struct payloads {
  std::vector<std::string> all;
  bool broken = false;

  friend bool operator==(const payloads&, const payloads&) = default;
};

std::size_t ragged(char byte) {
  return 1 + static_cast<std::uint8_t>(byte) % 13;
}

/// `next_size` tells how long the piece is that begins with a byte.
template <typename Next_size>
payloads take(std::string_view bytes, Next_size next_size) {
  launcher::frame_reader reader(largest);
  payloads found;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, next_size(bytes.front()));
    reader.append(piece);
    bytes.remove_prefix(piece.size());
    while (auto payload = reader.next())
      found.all.push_back(std::move(*payload));
  }
  found.broken = reader.broken();
  return found;
}

payloads take_whole(std::string_view bytes) {
  return take(bytes, [](char) { return std::string_view::npos; });
}

/// What is left behind the last whole frame.
void check_rest(std::string_view rest, bool broken) {
  if (rest.size() < length_bytes)
    return expect(!broken, "a frame is too large when it says so");
  std::size_t announced = 0;
  for (const char byte : rest.substr(0, length_bytes))
    announced = announced * 256 + static_cast<std::uint8_t>(byte);
  expect(broken == (announced > largest), "what says that it is too large is the end");
  expect(broken || rest.size() - length_bytes < announced, "every whole frame is taken");
}

void check_stream(std::string_view sent) {
  const auto whole = take_whole(sent);
  expect(take(sent, [](char) { return std::size_t{1}; }) == whole, "cuts change nothing: each byte");
  expect(take(sent, ragged) == whole, "cuts change nothing: ragged");
  std::string again;
  for (const auto& payload : whole.all) {
    expect(payload.size() <= largest, "no payload is too large");
    again += launcher::make_frame(payload);
  }
  expect(sent.starts_with(again), "frames hold what was sent");
  check_rest(sent.substr(again.size()), whole.broken);
}

void check_round_trip(std::string_view text) {
  payloads made;
  std::string sent;
  while (!text.empty()) {
    made.all.emplace_back(text.substr(0, ragged(text.front()) - 1)); // empty ones, too
    sent += launcher::make_frame(made.all.back());
    text.remove_prefix(std::max<std::size_t>(made.all.back().size(), 1));
  }
  expect(take_whole(sent) == made, "what is put in frames comes out again");
}

bool is_object(const std::string& text) {
  return json::parse(text).is_object();
}

void check_result(const interpreters::rich_result& shown) {
  expect(!shown.formats.empty(), "a result has a format");
  std::set<std::string_view> names;
  for (const auto& [name, value] : shown.formats) {
    expect(names.insert(name).second, "a result has each format once");
    expect(std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c <= '~'; }),
           "a format is ASCII without control characters");
    const auto tree = json::parse(value);
    expect(name == "json" || tree.is_string() || ((name == "chart" || name == "data") && tree.is_object()),
           "a format is what clients take it for");
  }
  expect(is_object(shown.metadata), "metadata is an object");
}

/// Against a parser that makes a tree of everything.
void check_parts(std::string_view text) {
  const auto parts = interpreters::take_apart(text, "data");
  const auto tree = json::parse(text, nullptr, false);
  expect(parts.has_value() == tree.is_object(), "an object is taken apart, and nothing else");
  const auto openers = std::count(text.begin(), text.end(), '[') + std::count(text.begin(), text.end(), '{');
  if (!parts || openers > most_openers)
    return;
  const auto check = [](const interpreters::json_members& members, const std::string& name,
                        const json& value) {
    expect(members.contains(name) && interpreters::tree_in(members, name) == value,
           "a member is passed on as it is");
  };
  std::size_t count = parts->members.size();
  for (const auto& [name, value] : tree.items()) {
    if (name != "data" || !value.is_object()) {
      check(parts->members, name, value);
      continue;
    }
    ++count;
    expect(parts->opened.size() == value.size(), "what is opened has its own members");
    for (const auto& [inner_name, inner] : value.items())
      check(parts->opened, inner_name, inner);
  }
  expect(count == tree.size(), "an object has no members but its own");
}

void check_message(std::string_view text) {
  check_parts(text);
  if (const auto event = interpreters::parse_executor_event(text))
    if (const auto* result = std::get_if<interpreters::executor_result>(&*event))
      check_result(result->shown);
  if (const auto made = interpreters::parse_transpiled(text))
    expect(made->problem.empty() ? json::accept(made->source_map) : is_object(made->problem),
           "what the transpiler says is JSON where it is passed on");
  interpreters::run_cell order;
  order.code = text;
  expect(json::parse(interpreters::to_text(order)).at("code") == as_utf8(text), "code reaches its executor");
}

} // namespace

void fuzz_frames(std::span<const std::uint8_t> bytes) {
  const auto sent = text_of(bytes);
  if (sent.starts_with('{')) // as a length it would be far too large
    return check_message(sent);
  check_stream(sent);
  check_round_trip(sent);
  for (const auto& payload : take_whole(sent).all)
    check_message(payload);
}

} // namespace sandboxd::fuzz
