/// Answers sent piece by piece: framing, credit, keep-alive texts, clients that leave or stop reading.
#include "tests/http/wire_server.hpp"

#include <asio/post.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <string>
#include <thread>

namespace sandboxd::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using stream_ptr = std::shared_ptr<http::response_stream>;

const std::string get_stream = "GET /s HTTP/1.1\r\nHost: a\r\n\r\n";
const http::header_list sse = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache"}};

/// Answers every request with a stream, which the test gets.
class stream_server {
public:
  explicit stream_server(asio::io_context& context, const wire_server::setting& adjust = {})
      : wire(
            context,
            [this](const http::request_ptr&, const http::responder_ptr& answer) {
              auto stream = answer->stream(200, sse, http::stream_kind::events);
              stream->on_closed([this] { closed.set(true); });
              streams.set(stream);
            },
            adjust) {}

  awaited<bool> closed;
  awaited<stream_ptr> streams;
  wire_server wire;
};

class wire_streams : public wire_test {};

/// The last handle ends on the connection's own strand, before the strand has come to what another thread has
/// told it.
TEST_F(wire_streams, what_one_thread_has_finished_is_whole_wherever_the_last_handle_ends) {
  wire_server wire(context, [](const http::request_ptr&, const http::responder_ptr& answer) {
    const auto stream = answer->stream(200, {}, http::stream_kind::document);
    std::thread([&] {
      stream->write("all of it");
      stream->finish();
    }).join();
  });
  for (int i = 0; i < 20; ++i) {
    const auto reply = raw_client(wire.port()).exchange("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(reply.complete);
    EXPECT_EQ(reply.body, "all of it");
  }
}

TEST_F(wire_streams, the_head_leaves_at_once_and_every_piece_as_it_comes) {
  stream_server server(context);
  raw_client client(server.wire.port());
  client.send(get_stream);
  auto head = client.read_until("\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(head, HasSubstr("Cache-Control: no-cache\r\n"));
  EXPECT_THAT(head, HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, ::testing::Not(HasSubstr("Content-Length")));
  auto stream = server.streams.get();
  stream->write("data: 1\n\n");
  EXPECT_EQ(client.read_until("\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
  stream->write("data: two\n\n");
  EXPECT_EQ(client.read_until("\n\n\r\n"), "b\r\ndata: two\n\n\r\n");
  stream->finish();
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
  EXPECT_EQ(server.wire.log.get().ended, http::outcome::complete);
  EXPECT_EQ(server.closed.count(), 0u);
}

TEST_F(wire_streams, the_connection_serves_the_next_request_after_a_stream) {
  stream_server server(context);
  raw_client client(server.wire.port());
  for (std::size_t i = 0; i < 3; ++i) {
    client.send(get_stream);
    auto stream = server.streams.get(i);
    stream->write("x");
    stream->finish();
    stream->write("too late");
    stream->finish();
    auto reply = client.read_reply();
    EXPECT_TRUE(reply.complete);
    EXPECT_EQ(reply.body, "x");
  }
}

TEST_F(wire_streams, what_is_written_in_one_turn_leaves_in_one_piece) {
  wire_server wire(context, [](const http::request_ptr&, const http::responder_ptr& answer) {
    auto stream = answer->stream(200, sse, http::stream_kind::events);
    for (int i = 0; i < 3; ++i)
      stream->write("piece" + std::to_string(i));
    stream->finish();
  });
  raw_client client(wire.port());
  client.send(get_stream);
  EXPECT_THAT(client.read_until("0\r\n\r\n"),
              ::testing::EndsWith("\r\n\r\n12\r\npiece0piece1piece2\r\n0\r\n\r\n"));
}

TEST_F(wire_streams, large_and_small_pieces_keep_their_order) {
  std::string expected;
  std::vector<std::string> pieces;
  for (int i = 0; i < 200; ++i) {
    pieces.push_back(std::string(i % 3 == 0 ? 50'000 : 7, static_cast<char>('a' + i % 26)));
    expected += pieces.back();
  }
  wire_server wire(context, [&](const http::request_ptr&, const http::responder_ptr& answer) {
    auto stream = answer->stream(200, {}, http::stream_kind::events);
    for (const auto& piece : pieces)
      stream->write(piece);
    stream->finish();
  });
  raw_client client(wire.port());
  client.send(get_stream);
  auto reply = client.read_reply();
  EXPECT_TRUE(reply.complete);
  EXPECT_TRUE(reply.body == expected);
}

TEST_F(wire_streams, an_empty_stream_is_complete) {
  wire_server wire(context, [](const http::request_ptr&, const http::responder_ptr& answer) {
    answer->stream(201, {}, http::stream_kind::events)->finish();
  });
  raw_client client(wire.port());
  client.send(get_stream);
  auto reply = client.read_reply();
  EXPECT_EQ(reply.status, 201);
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.body, "");
}

TEST_F(wire_streams, a_stream_dropped_unfinished_is_seen_as_incomplete) {
  wire_server wire(context, [](const http::request_ptr&, const http::responder_ptr& answer) {
    answer->stream(200, {}, http::stream_kind::events)->write("half");
  });
  raw_client client(wire.port());
  client.send(get_stream);
  auto reply = client.read_reply();
  EXPECT_FALSE(reply.complete);
  EXPECT_EQ(reply.body, "half");
  EXPECT_EQ(wire.log.get().ended, http::outcome::cut);
}

TEST_F(wire_streams, http_1_0_gets_a_stream_without_chunks_until_the_end_of_the_connection) {
  stream_server server(context);
  raw_client client(server.wire.port());
  client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  server.streams.get()->write("plain");
  server.streams.get()->finish();
  auto reply = client.read_reply();
  EXPECT_EQ(reply.body, "plain");
  EXPECT_EQ(reply.header("transfer-encoding"), "");
  EXPECT_EQ(reply.header("connection"), "close");
}

TEST_F(wire_streams, head_gets_no_body_from_a_stream) {
  stream_server server(context);
  raw_client client(server.wire.port());
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  server.streams.get()->write("nobody sees this");
  server.streams.get()->finish();
  EXPECT_EQ(client.read_reply(true).status, 200);
  client.send(get_stream);
  server.streams.get(1)->finish();
  EXPECT_TRUE(client.read_reply().complete);
}

TEST_F(wire_streams, a_client_that_leaves_is_noticed_while_nothing_is_written) {
  stream_server server(context);
  for (bool hard : {false, true}) {
    SCOPED_TRACE(hard ? "reset" : "orderly end");
    raw_client client(server.wire.port());
    client.send(get_stream);
    client.read_until("\r\n\r\n");
    hard ? client.reset() : client.close();
    EXPECT_TRUE(server.closed.get(hard ? 1 : 0));
    EXPECT_EQ(server.wire.log.get(hard ? 1 : 0).ended, http::outcome::client_gone);
  }
  server.streams.get()->write("to nobody");
  server.streams.get()->finish();
  EXPECT_EQ(server.wire.server->connection_count(), 0u);
}

TEST_F(wire_streams, on_closed_calls_at_once_when_it_has_happened) {
  awaited<stream_ptr> streams;
  awaited<bool> closed;
  wire_server wire(context, [&](const http::request_ptr&, const http::responder_ptr& answer) {
    streams.set(answer->stream(200, {}, http::stream_kind::events));
  });
  raw_client client(wire.port());
  client.send(get_stream);
  client.read_until("\r\n\r\n");
  client.close();
  wire.log.get();
  streams.get()->on_closed([&] { closed.set(true); });
  EXPECT_TRUE(closed.get());
}

TEST_F(wire_streams, a_reset_is_noticed_while_a_whole_answer_is_awaited) {
  awaited<http::responder_ptr> waiting;
  wire_server wire(context,
                   [&](const http::request_ptr&, const http::responder_ptr& answer) { waiting.set(answer); });
  raw_client client(wire.port());
  client.send(get_stream);
  waiting.get();
  client.reset();
  auto record = wire.log.get();
  EXPECT_EQ(record.ended, http::outcome::client_gone);
  EXPECT_EQ(record.status, 0);
  waiting.get()->send({200, {}, "to nobody"});
}

TEST_F(wire_streams, a_reset_after_a_half_close_is_noticed_too) {
  awaited<http::responder_ptr> waiting;
  wire_server wire(context,
                   [&](const http::request_ptr&, const http::responder_ptr& answer) { waiting.set(answer); });
  raw_client client(wire.port());
  client.send(get_stream);
  client.shut_down_sending();
  waiting.get();
  client.reset();
  EXPECT_EQ(wire.log.get().ended, http::outcome::client_gone);
}

TEST_F(wire_streams, an_urgent_byte_is_not_taken_for_the_end_of_the_client) {
  awaited<http::responder_ptr> waiting;
  wire_server wire(context,
                   [&](const http::request_ptr&, const http::responder_ptr& answer) { waiting.set(answer); });
  raw_client client(wire.port());
  client.send(get_stream);
  waiting.get();
  client.send_urgent('\r');
  client.shut_down_sending();
  EXPECT_TRUE(client.silent_for(100ms));
  waiting.get()->send({200, {}, "all the same"});
  EXPECT_EQ(client.read_reply().body, "all the same");
}

TEST_F(wire_streams, a_document_reaches_a_client_that_has_stopped_sending) {
  awaited<http::responder_ptr> waiting;
  wire_server wire(context,
                   [&](const http::request_ptr&, const http::responder_ptr& answer) { waiting.set(answer); });
  for (const bool before : {true, false}) {
    SCOPED_TRACE(before ? "before the answer began" : "while it was sent");
    raw_client client(wire.port());
    client.send(get_stream);
    auto answer = waiting.get(before ? 0 : 1);
    stream_ptr document;
    if (!before)
      document = answer->stream(200, {}, http::stream_kind::document);
    client.shut_down_sending();
    if (before)
      document = answer->stream(200, {}, http::stream_kind::document);
    client.read_until("\r\n\r\n");
    document->write(std::string(1'000'000, 'd'));
    document->finish();
    EXPECT_THAT(client.read_to_end(), ::testing::EndsWith("d\r\n0\r\n\r\n"));
    EXPECT_EQ(wire.log.get(before ? 0 : 1).ended, http::outcome::complete);
  }
}

/// Processor time that the server's only I/O thread has used so far.
std::chrono::nanoseconds processor_time(asio::io_context& context) {
  awaited<std::chrono::nanoseconds> used;
  asio::post(context, [&] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    used.set(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
  });
  return used.get();
}

TEST_F(wire_streams, comments_cost_nothing_while_the_client_takes_no_bytes) {
  stream_server server(context, [](config::http_settings& http) { http.socket_send_buffer_bytes = 16'384; });
  raw_client client(server.wire.port(), 16 * 1024);
  client.send(get_stream);
  auto stream = server.streams.get();
  stream->keep_alive(": ka\n\n", 10ms);
  awaited<bool> drained;
  stream->on_drained([&](std::size_t) { drained.set(true); });
  stream->write("small");
  drained.get();
  stream->write(std::string(8 << 20, 'x')); // far more than both socket buffers hold
  const auto before = processor_time(context);
  std::this_thread::sleep_for(1s); // what is measured; nothing is awaited
  EXPECT_LT(processor_time(context) - before, 300ms);
  EXPECT_EQ(drained.count(), 1u);
}

TEST_F(wire_streams, an_interval_of_zero_stops_the_comments) {
  stream_server server(context);
  raw_client client(server.wire.port());
  client.send(get_stream);
  auto stream = server.streams.get();
  stream->keep_alive(": ka\n\n", 10ms);
  client.read_until(": ka\n\n");
  stream->keep_alive({}, 0ms);
  stream->write("data: {");
  client.read_until("data: {\r\n");
  EXPECT_TRUE(client.silent_for(100ms));
  stream->write("}\n\n");
  stream->finish();
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "3\r\n}\n\n\r\n0\r\n\r\n");
}

TEST_F(wire_streams, an_http_1_0_client_sees_a_stream_dropped_unfinished_as_broken) {
  stream_server server(context);
  raw_client client(server.wire.port());
  client.send("GET / HTTP/1.0\r\n\r\n");
  auto stream = server.streams.get();
  stream->write("half");
  client.read_until("half");
  stream.reset();
  server.streams.clear(); // the last reference
  client.read_to_end();
  EXPECT_TRUE(client.was_reset());
  EXPECT_EQ(server.wire.log.get().ended, http::outcome::cut);
}

TEST_F(wire_streams, drained_tells_of_every_byte_written) {
  stream_server server(context);
  raw_client client(server.wire.port());
  client.send(get_stream);
  auto stream = server.streams.get();
  std::atomic<std::size_t> drained = 0;
  awaited<bool> all;
  stream->on_drained([&](std::size_t bytes) {
    if ((drained += bytes) == 100'000)
      all.set(true);
  });
  for (int i = 0; i < 100; ++i)
    stream->write(std::string(1000, 'x'));
  EXPECT_TRUE(all.get());
  stream->finish();
  EXPECT_EQ(client.read_reply().body.size(), 100'000u);
}

TEST_F(wire_streams, a_client_that_does_not_read_gives_no_credit_until_it_does) {
  stream_server server(context, [](config::http_settings& http) { http.socket_send_buffer_bytes = 16'384; });
  raw_client client(server.wire.port(), 16 * 1024);
  client.send(get_stream);
  auto stream = server.streams.get();
  constexpr std::size_t window = 65'536;
  constexpr std::size_t total = 8'388'608;
  std::atomic<std::size_t> written = 0;
  std::atomic<std::size_t> drained = 0;
  auto write_some = [&] {
    while (written < total && written - drained + 8192 <= window) {
      written += 8192;
      stream->write(std::string(8192, 'x'));
    }
    if (drained == total)
      stream->finish();
  };
  stream->on_drained([&](std::size_t bytes) {
    drained += bytes;
    write_some();
  });
  asio::post(context, write_some);
  client.read_until("\r\n\r\n");
  EXPECT_TRUE(server.wire.log.count() == 0);
  // Nobody reads: what is under way is bounded by the window and the buffers of the kernel.
  std::size_t before;
  do {
    before = drained;
    std::this_thread::sleep_for(100ms);
  } while (drained != before);
  EXPECT_LT(drained, 1024 * 1024u);
  EXPECT_LE(written, drained + window);
  raw_reply reply;
  while (client.buffered().size() < total)
    ASSERT_TRUE(client.receive(1 << 20));
  EXPECT_EQ(server.wire.log.get().ended, http::outcome::complete);
  EXPECT_EQ(drained, total);
}

TEST_F(wire_streams, a_stalled_reader_ends_the_stream) {
  stream_server server(context, [](config::http_settings& http) { http.stream_stall_timeout = 200ms; });
  raw_client client(server.wire.port(), 4096);
  client.send(get_stream);
  auto stream = server.streams.get();
  for (int i = 0; i < 200; ++i)
    stream->write(std::string(100'000, 'x'));
  EXPECT_TRUE(server.closed.get());
  EXPECT_EQ(server.wire.log.get().ended, http::outcome::stalled);
  EXPECT_EQ(server.wire.server->connection_count(), 0u);
}

TEST_F(wire_streams, a_whole_answer_to_a_stalled_reader_ends_too) {
  std::string long_answer;
  long_answer.resize(20'000'000, 'x');
  wire_server wire(
      context,
      [&](const http::request_ptr&, const http::responder_ptr& answer) {
        answer->send({200, {}, long_answer});
      },
      [](config::http_settings& http) { http.stream_stall_timeout = 200ms; });
  raw_client client(wire.port(), 4096);
  client.send(get_stream);
  EXPECT_EQ(wire.log.get().ended, http::outcome::stalled);
}

TEST_F(wire_streams, a_slow_reader_is_not_a_stalled_one) {
  stream_server server(context, [](config::http_settings& http) {
    http.stream_stall_timeout = 300ms;
    http.socket_send_buffer_bytes = 16'384;
  });
  raw_client client(server.wire.port(), 16 * 1024);
  client.send(get_stream);
  auto stream = server.streams.get();
  constexpr std::size_t total = 600'000;
  stream->write(std::string(total, 'x')); // one write that takes longer than the limit
  stream->finish();
  auto began = std::chrono::steady_clock::now();
  while (client.buffered().size() < total) {
    ASSERT_TRUE(client.receive(20'000));
    std::this_thread::sleep_for(20ms);
  }
  EXPECT_GT(std::chrono::steady_clock::now() - began, 400ms);
  EXPECT_EQ(server.wire.log.get().ended, http::outcome::complete);
}

TEST_F(wire_streams, a_quiet_stream_lives_on_and_sends_its_keep_alive_text) {
  stream_server server(context, [](config::http_settings& http) {
    http.idle_timeout = http.header_timeout = http.body_timeout = http.stream_stall_timeout = 50ms;
  });
  raw_client client(server.wire.port());
  client.send(get_stream);
  client.read_until("\r\n\r\n");
  auto stream = server.streams.get();
  EXPECT_TRUE(client.silent_for(300ms));
  std::atomic<std::size_t> drained = 0;
  stream->on_drained([&](std::size_t bytes) { drained += bytes; });
  stream->keep_alive(": ka\n\n", 50ms);
  EXPECT_EQ(client.read_until("\n\n\r\n"), "6\r\n: ka\n\n\r\n");
  EXPECT_EQ(client.read_until("\n\n\r\n"), "6\r\n: ka\n\n\r\n");
  stream->finish();
  EXPECT_TRUE(client.read_until("0\r\n\r\n").ends_with("0\r\n\r\n"));
  EXPECT_EQ(server.wire.log.get().ended, http::outcome::complete);
  EXPECT_EQ(drained, 0u);
}

TEST_F(wire_streams, a_busy_stream_sends_no_keep_alive_text) {
  stream_server server(context);
  raw_client client(server.wire.port());
  client.send(get_stream);
  auto stream = server.streams.get();
  stream->keep_alive("QUIET", 400ms);
  for (int i = 0; i < 40; ++i) {
    stream->write("x");
    client.read_until("x\r\n");
    ASSERT_TRUE(client.silent_for(20ms)); // 800 ms in all, twice the interval
  }
  stream->finish();
  EXPECT_EQ(client.read_until("0\r\n\r\n"), "0\r\n\r\n");
}

TEST_F(wire_streams, callbacks_that_throw_harm_nobody) {
  awaited<stream_ptr> streams;
  wire_server wire(context, [&](const http::request_ptr&, const http::responder_ptr& answer) {
    auto stream = answer->stream(200, {}, http::stream_kind::events);
    stream->on_drained([](std::size_t) { throw std::runtime_error("drained"); });
    stream->on_closed([] { throw std::runtime_error("closed"); });
    stream->write("x");
    streams.set(stream);
  });
  raw_client client(wire.port());
  client.send(get_stream);
  client.read_until("x\r\n");
  EXPECT_EQ(wire.reports.get(0), "drained");
  client.close();
  EXPECT_EQ(wire.reports.get(1), "closed");
}

TEST_F(wire_streams, a_stream_may_be_written_from_any_thread_with_several_io_threads) {
  awaited<stream_ptr> streams;
  wire_server wire(
      context,
      [&](const http::request_ptr&, const http::responder_ptr& answer) {
        streams.set(answer->stream(200, {}, http::stream_kind::events));
      },
      [](config::http_settings& http) { http.io_threads = 3; });
  raw_client client(wire.port());
  client.send(get_stream);
  auto stream = streams.get();
  std::vector<std::thread> writers;
  writers.reserve(4);
  for (int t = 0; t < 4; ++t)
    writers.emplace_back([&] {
      for (int i = 0; i < 500; ++i)
        stream->write("0123456789");
    });
  for (auto& writer : writers)
    writer.join();
  stream->finish();
  auto reply = client.read_reply();
  EXPECT_TRUE(reply.complete);
  EXPECT_EQ(reply.body.size(), 4u * 500 * 10);
}

} // namespace
} // namespace sandboxd::testing
