#include "http/code_stream.hpp"
#include "http/command_stream.hpp"
#include "interpreters/foreign_json.hpp"
#include "tests/fuzz/as_utf8.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/slow_client.hpp"
#include "tests/fuzz/targets.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::fuzz {

namespace {

using actors::output_stream;
using http::dialect;
using nlohmann::json;

constexpr std::string_view command = "printf '%s' \"\xe2\x82\xac\"";

struct step {
  char what = 'o';
  std::string_view data;
};

std::vector<step> steps_of(std::string_view script) {
  std::vector<step> steps;
  while (!script.empty()) {
    const auto one = script.substr(0, script.find('\x1e'));
    script.remove_prefix(std::min(script.size(), one.size() + 1));
    if (!one.empty())
      steps.push_back({one.front(), one.substr(1)});
  }
  return steps;
}

/// Who fills a stream.
struct producer {
  std::function<void(output_stream, std::string)> print;
  std::function<void(std::string)> show; ///< empty: there are no results
  std::function<void(std::string)> fail;
  std::function<void()> finish;
};

/// What was put into a stream, as it must come out of it.
struct story {
  struct printed {
    std::string out;
    std::string err;
  };
  std::vector<printed> parts = std::vector<printed>(1); ///< before, between and after the results
  std::vector<std::string> results;
  std::size_t bytes = 0; ///< of all
  bool has_failed = false;
  bool is_cut = false; ///< the client left
};

story play(const producer& run, slow_client& client, const std::vector<step>& steps) {
  story told;
  for (const auto& [what, data] : steps) {
    const bool is_printed = what == 'o' || what == 'e';
    if (is_printed || (what == 'r' && run.show))
      told.bytes += data.size();
    if (is_printed) {
      (what == 'o' ? told.parts.back().out : told.parts.back().err) += data;
      run.print(what == 'o' ? output_stream::out : output_stream::err, std::string(data));
    } else if (what == 'r' && run.show) {
      told.results.emplace_back(data);
      told.parts.emplace_back();
      run.show(std::string(data));
    } else if (what == 'd') {
      client.take_all();
    } else if (what == 'k') {
      client.wait_for_comment();
    } else if (what == 'x') {
      client.leave();
      told.is_cut = true;
      break;
    } else if (what == 'f') {
      told.has_failed = true;
      client.expect_the_end();
      run.fail(std::string(data));
      client.take_all();
      return told;
    }
  }
  client.expect_the_end();
  run.finish();
  client.take_all();
  return told;
}

std::string_view take_line(std::string_view& body) {
  const auto end = body.find('\n');
  expect(end != std::string_view::npos, "a stream ends with a line");
  const auto line = body.substr(0, end);
  body.remove_prefix(end + 1);
  return line;
}

/// The events of a whole body by HTTP.md 1.5 and 9.4. `bare`, `framed`: the forms it has, one or both.
std::vector<json> events_of(std::string_view body, bool bare, bool framed) {
  std::vector<json> in_lines;
  std::vector<json> in_frames;
  while (!body.empty()) {
    const auto line = take_line(body);
    for (const char c : line)
      expect(c >= ' ' && c <= '~', "a stream is ASCII without control characters");
    if (line.starts_with("data: "))
      in_frames.push_back(json::parse(line.substr(6)));
    else if (!line.starts_with(':'))
      in_lines.push_back(json::parse(line));
    expect((line.starts_with('{')) || take_line(body).empty(), "an event is one line and an empty one");
  }
  expect(bare != in_lines.empty() && framed != in_frames.empty(), "a stream has the forms of its dialect");
  expect(!bare || !framed || in_lines == in_frames, "both forms say the same");
  return framed ? in_frames : in_lines;
}

void check_printed(const story::printed& said, const story::printed& expected) {
  expect(said.out == as_utf8(expected.out) && said.err == as_utf8(expected.err),
         "what is printed comes as it was printed");
}

/// Everything but the first event of a command. `text`: the member of what is printed.
void check_events(const std::vector<json>& events, std::size_t first, const char* text, const story& told) {
  expect(events.size() > first, "a stream has a last event");
  story::printed said;
  std::size_t results = 0;
  for (std::size_t at = first; at + 1 < events.size(); ++at) {
    const auto& event = events[at];
    const auto type = event.at("type").get<std::string>();
    if (type == "result") {
      expect(results < told.results.size(), "nothing is shown that was not");
      check_printed(std::exchange(said, {}), told.parts[results]);
      expect(event.at("text") == as_utf8(told.results[results++]), "a result comes as it was shown");
      continue;
    }
    expect(type == "stdout" || type == "stderr", "only the last event is an end");
    (type == "stdout" ? said.out : said.err) += event.at(text).get<std::string>();
  }
  expect(results == told.results.size(), "every result comes");
  check_printed(said, told.parts[results]);
  const auto& last = events.back().at("type");
  expect(told.has_failed ? last == "error" : last == "complete" || last == "execution_complete",
         "the last event is the end");
}

/// A client that does not leave takes everything; every byte of credit comes back.
void check_flow(const slow_client& client, const story& told, std::size_t granted) {
  expect(client.is_finished(), "a stream ends");
  expect(granted == stream_window / 2 + told.bytes, "every byte that was printed is granted again");
}

void check_command(dialect spoken, const std::vector<step>& steps) {
  const auto client = std::make_shared<slow_client>(stream_window / 2);
  const auto wanted = std::make_shared<http::execute_request>();
  wanted->run.command = command;
  wanted->spoken = spoken;
  const auto stream = std::make_shared<http::command_stream>(make_call(client, spoken), wanted);
  std::size_t granted = 0;
  actors::command_control control;
  control.grant = [&granted](std::size_t bytes) { granted += bytes; };
  stream->started(control);
  const auto told =
      play({[&](output_stream which, std::string bytes) { stream->output(which, std::move(bytes)); }, nullptr,
            [&](std::string why) {
              stream->failed({actors::error_code::command_execution_error, std::move(why)});
            },
            [&] { stream->finished({}); }},
           *client, steps);
  client->forget();
  if (told.is_cut)
    return;
  check_flow(*client, told, granted);
  const auto events = events_of(client->body(), false, true);
  expect(events.front().at("type") == "start" && events.front().at("command") == command,
         "the first event tells the command");
  check_events(events, 1, "data", told);
  if (spoken != dialect::a || told.has_failed)
    return;
  for (const auto& event : events)
    expect(event.at("command") == command, "each event of dialect A tells the command");
  const auto& result = events.back().at("result");
  check_printed({result.at("stdout").get<std::string>(), result.at("stderr").get<std::string>()},
                told.parts.front());
}

void check_code(dialect spoken, const std::vector<step>& steps) {
  const auto client = std::make_shared<slow_client>(0);
  const auto stream = std::make_shared<http::code_stream>(make_call(client, spoken), "c1");
  std::size_t granted = 0;
  stream->started({[&granted](std::size_t bytes) { granted += bytes; }, nullptr}, false);
  const auto show = [&](std::string text) {
    actors::rich_result shown;
    shown.credit = text.size();
    shown.formats.push_back({"text", interpreters::quoted(std::move(text))});
    stream->shown(std::move(shown));
  };
  const auto told =
      play({[&](output_stream which, std::string bytes) { stream->output(which, std::move(bytes)); }, show,
            [&](std::string why) {
              stream->failed({actors::error_code::internal_error, std::move(why)});
            },
            [&] { stream->finished({}); }},
           *client, steps);
  client->forget();
  if (told.is_cut)
    return;
  check_flow(*client, told, granted);
  check_events(events_of(client->body(), spoken != dialect::b, spoken != dialect::a), 0, "text", told);
}

} // namespace

void fuzz_events(std::span<const std::uint8_t> bytes) {
  const auto text = text_of(bytes);
  if (text.empty())
    return;
  const auto steps = steps_of(text.substr(1));
  switch (text.front()) {
  case 'a':
    return check_command(dialect::a, steps);
  case 'b':
    return check_command(dialect::b, steps);
  case 'u':
    return check_command(dialect::unknown, steps);
  case 'A':
    return check_code(dialect::a, steps);
  case 'B':
    return check_code(dialect::b, steps);
  case 'U':
    return check_code(dialect::unknown, steps);
  default:
    return;
  }
}

} // namespace sandboxd::fuzz
