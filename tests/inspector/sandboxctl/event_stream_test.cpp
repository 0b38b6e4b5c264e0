#include "inspector/sandboxctl/event_stream.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::sandboxctl {
namespace {

using texts = std::vector<std::string>;

struct example {
  std::string_view bytes;
  texts data;
};

const std::vector<example> streams{
    {"", {}},
    {"data: a\n\n", {"a"}},
    {"data:a\n\n", {"a"}},
    {"data:  a\n\n", {" a"}},
    {"data: a", {}},
    {"data: a\n", {}},
    {"data: a\r\n\r\ndata: b\r\r", {"a", "b"}},
    {"data: a\ndata: b\n\n", {"a\nb"}},
    {"data\n\n", {""}},
    {": keepalive\n\n", {}},
    {": keepalive\n\ndata: a\n\n\n\n", {"a"}},
    {"event: x\nid: 1\nretry: 5\ndata: a\n\n", {"a"}},
    {"database: a\n\n", {}},
    {"data: {\"a\":\"b:c\"}\n\n", {"{\"a\":\"b:c\"}"}},
};

TEST(an_event_stream, gives_the_data_of_whole_events) {
  for (const auto& [bytes, data] : streams)
    EXPECT_EQ(event_stream().take(bytes), data) << bytes;
}

TEST(an_event_stream, does_not_care_where_it_is_torn) {
  for (const auto& [bytes, data] : streams)
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      event_stream stream;
      auto got = stream.take(bytes.substr(0, cut));
      for (const auto& more : stream.take(bytes.substr(cut)))
        got.push_back(more);
      EXPECT_EQ(got, data) << bytes << " at " << cut;
    }
}

} // namespace
} // namespace sandboxd::sandboxctl
