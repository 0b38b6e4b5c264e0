#include "http/file_document.hpp"
#include "http/file_request.hpp"
#include "tests/http/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sandboxd::http {
namespace {

using actors::error_code;
using actors::if_missing;
using nlohmann::json;
using ::testing::HasSubstr;
using std::string_literals::operator""s;
using testing::bench;
using testing::failure_of_code;
using testing::fixed_timestamp;
using testing::json_of;

class file_routes : public ::testing::Test {
protected:
  bench a{settings_for(config::http_dialect::a)};
  bench b{settings_for(config::http_dialect::b)};
  bench unknown;

  static config::settings settings_for(config::http_dialect spoken) {
    config::settings settings;
    settings.http.dialect = spoken;
    return settings;
  }
  static void expect(bench& server, const char* path, const char* body, int status,
                     const std::string& answer) {
    const auto got = server.ask("POST", path, body);
    ASSERT_EQ(got->sent.size(), 1u) << path;
    EXPECT_EQ(got->sent[0].status, status) << path << ' ' << body;
    EXPECT_EQ(json_of(*got), json::parse(answer)) << path << ' ' << body;
  }
  /// Only what is given of the answer is compared.
  static void expect_part(bench& server, const char* path, const char* body, int status, const json& part) {
    const auto got = server.ask("POST", path, body);
    ASSERT_EQ(got->sent.size(), 1u) << path;
    EXPECT_EQ(got->sent[0].status, status) << path << ' ' << body;
    const auto answer = json_of(*got);
    for (const auto& [name, value] : part.items())
      EXPECT_EQ(answer.value(name, json()), value) << path << ' ' << body << ' ' << name;
  }
  static actors::file_content content(std::string bytes, std::string type, bool is_text, bool is_utf8) {
    actors::file_content made;
    made.description = {bytes.size(), std::move(type), is_text};
    made.bytes = std::move(bytes);
    made.is_utf8 = is_utf8;
    return made;
  }
};

// ---- what is asked of the actors

TEST_F(file_routes, ask_in_the_view_of_the_named_session) {
  struct row {
    bench& server;
    const char* body;
    const char* session;
    if_missing missing;
  };
  const row rows[] = {
      {a, R"({"path":"f","sessionId":"s1"})", "s1", if_missing::refuse},
      {a, R"({"path":"f","sessionId":"sandbox-x"})", "sandbox-x", if_missing::create},
      {a, R"({"path":"f"})", "default", if_missing::create},
      {b, R"({"path":"f","sessionId":"s1"})", "s1", if_missing::create},
      {b, R"({"path":"f"})", "default", if_missing::create},
      {unknown, R"({"path":"f","sessionId":"s1"})", "s1", if_missing::create},
  };
  for (const auto& row : rows) {
    row.server.ask("POST", "/api/delete", row.body);
    const auto& asked = row.server.files->calls.back();
    EXPECT_EQ(asked.session, row.session) << row.body;
    EXPECT_EQ(asked.missing, row.missing) << row.body;
    EXPECT_EQ(asked.path, "f");
  }
}

TEST_F(file_routes, ask_for_what_the_path_says) {
  struct row {
    const char* path;
    const char* body;
    const char* operation;
    std::string more;
  };
  const row rows[] = {
      {"/api/write", R"({"path":"f","content":"a\u0000b"})", "write", "a\0b"s},
      {"/api/write", R"({"path":"f","content":"aGk=","encoding":"base64"})", "write", "hi"},
      {"/api/write", R"({"path":"f","content":"aGk=","encoding":"utf-8"})", "write", "aGk="},
      {"/api/write", R"({"path":"f","content":""})", "write", ""},
      {"/api/rename", R"({"oldPath":"f","newPath":"g"})", "move", "g"},
      {"/api/move", R"({"sourcePath":"f","destinationPath":"g"})", "move", "g"},
      {"/api/mkdir", R"({"path":"f"})", "mkdir", ""},
      {"/api/mkdir", R"({"path":"f","recursive":true})", "mkdir", "recursive"},
      {"/api/exists", R"({"path":"f"})", "exists", ""},
      {"/api/list-files", R"({"path":"f"})", "list", ""},
      {"/api/list-files", R"({"path":"f","options":{"recursive":true,"includeHidden":true}})", "list",
       "recursive hidden"},
  };
  for (const auto& row : rows) {
    b.ask("POST", row.path, row.body);
    ASSERT_FALSE(b.files->calls.empty()) << row.path;
    const auto& asked = b.files->calls.back();
    EXPECT_EQ(asked.operation, row.operation) << row.body;
    EXPECT_EQ(asked.path, "f") << row.body;
    EXPECT_EQ(asked.more, row.more) << row.body;
  }
}

TEST_F(file_routes, read_32_MiB_in_b_and_what_was_written_in_a) {
  a.ask("POST", "/api/read", R"({"path":"f"})");
  b.ask("POST", "/api/read", R"({"path":"f"})");
  EXPECT_EQ(a.files->calls.back().more, std::to_string(512 << 20));
  EXPECT_EQ(b.files->calls.back().more, "33554432");
}

// ---- what is answered (HTTP.md 2.4: the union of both columns)

TEST_F(file_routes, answer_success_with_the_union_of_both_dialects) {
  const std::string stamp = "\"timestamp\":\""s + fixed_timestamp + "\"}";
  const std::string done = R"({"success":true,"exitCode":0,"path":"f",)";
  for (bench* server : {&a, &b, &unknown}) {
    expect(*server, "/api/write", R"({"path":"f","content":"x"})", 200, done + stamp);
    expect(*server, "/api/delete", R"({"path":"f"})", 200, done + stamp);
    expect(*server, "/api/mkdir", R"({"path":"f","recursive":true})", 200,
           done + R"("recursive":true,"stdout":"","stderr":"",)" + stamp);
    expect(*server, "/api/rename", R"({"oldPath":"f","newPath":"g"})", 200,
           done + R"("oldPath":"f","newPath":"g",)" + stamp);
    expect(*server, "/api/move", R"({"sourcePath":"f","destinationPath":"g"})", 200,
           done + R"("newPath":"g","sourcePath":"f","destinationPath":"g",)" + stamp);
    expect(*server, "/api/exists", R"({"path":"f"})", 200,
           R"({"success":true,"path":"f","exists":true,)" + stamp);
  }
}

TEST_F(file_routes, answer_content_as_text_or_base64) {
  struct row {
    actors::file_content file;
    const char* encoding; // of the request
    std::string content;
    const char* told;
    bool binary;
  };
  const auto text = content("h\xc3\xa9llo", "text/plain", true, true);
  const auto binary = content("\0\1\xff"s, "application/octet-stream", false, false);
  const auto wrong = content("a\xff", "text/plain", false, false);
  const row rows[] = {
      {text, nullptr, "h\xc3\xa9llo", "utf-8", false},
      {text, "utf-8", "h\xc3\xa9llo", "utf-8", false},
      {text, "base64", "aMOpbGxv", "base64", true},
      {text, "latin1", "h\xc3\xa9llo", "utf-8", false},
      {binary, nullptr, "AAH/", "base64", true},
      {binary, "utf8", "AAH/", "base64", true},
      {binary, "utf-8", "\0\1\xef\xbf\xbd"s, "utf-8", false},
      {wrong, nullptr, "Yf8=", "base64", true},
      {wrong, "utf8", "Yf8=", "base64", true},
      {wrong, "utf-8", "a\xef\xbf\xbd", "utf-8", false},
  };
  for (const auto& row : rows) {
    b.files->content = row.file;
    json body{{"path", "f"}};
    if (row.encoding != nullptr)
      body["encoding"] = row.encoding;
    const auto answer = json_of(*b.ask("POST", "/api/read", body.dump()));
    EXPECT_EQ(answer["encoding"], row.told) << body;
    EXPECT_EQ(answer["isBinary"], row.binary) << body;
    EXPECT_EQ(answer["content"].get<std::string>(), row.content) << body;
    EXPECT_EQ(answer["mimeType"], row.file.description.mime_type);
    EXPECT_EQ(answer["size"], row.file.description.size);
    EXPECT_EQ(answer["success"], true);
    EXPECT_EQ(answer["exitCode"], 0);
    EXPECT_EQ(answer["path"], "f");
    EXPECT_EQ(answer["timestamp"], fixed_timestamp);
  }
}

TEST_F(file_routes, answer_large_content_as_the_client_takes_it) {
  std::string large;
  while (large.size() < 3'000'000)
    large += "line " + std::to_string(large.size()) + " \xe2\x82\xac\n";
  b.files->content = content(large, "text/plain", true, true);
  for (const char* encoding : {"utf-8", "base64"}) {
    const auto got = b.ask("POST", "/api/read", json{{"path", "f"}, {"encoding", encoding}}.dump());
    ASSERT_TRUE(got->opened);
    EXPECT_LE(got->opened->undrained, 300'000u);
    got->opened->drain_all();
    EXPECT_TRUE(got->opened->finished);
    const auto answer = json::parse(got->opened->body);
    if (encoding == "utf-8"s)
      EXPECT_TRUE(answer["content"] == large);
    else
      EXPECT_EQ(answer["content"].get<std::string>().size(), (large.size() + 2) / 3 * 4);
    EXPECT_EQ(answer["size"], large.size());
  }
}

TEST_F(file_routes, list_records_with_all_fields) {
  b.files->listing.path = "/workspace";
  b.files->listing.entries = {
      {"q", 4096, std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'123)),
       actors::file_type::directory, 0750},
      {"q/w", 5, {}, actors::file_type::file, 04644},
      {"s", 1, {}, actors::file_type::symlink, 0777}};
  const auto answer = json_of(*b.ask("POST", "/api/list-files", R"({"path":"."})"));
  EXPECT_EQ(answer["count"], 3);
  EXPECT_EQ(answer["path"], ".");
  EXPECT_EQ(
      answer["files"][0],
      json::parse(
          R"({"name":"q","absolutePath":"/workspace/q","relativePath":"q","type":"directory","size":4096,
                "modifiedAt":"2023-11-14T22:13:20.123Z","mode":"rwxr-x---",
                "permissions":{"readable":true,"writable":true,"executable":true}})"));
  EXPECT_EQ(answer["files"][1]["name"], "w");
  EXPECT_EQ(answer["files"][1]["absolutePath"], "/workspace/q/w");
  EXPECT_EQ(answer["files"][1]["relativePath"], "q/w");
  EXPECT_EQ(answer["files"][1]["permissions"],
            json::parse(R"({"readable":true,"writable":true,"executable":false})"));
  EXPECT_EQ(answer["files"][2]["type"], "symlink");
  a.files->listing = b.files->listing;
  const auto in_a = json_of(*a.ask("POST", "/api/list-files", R"({"path":"/"})"));
  EXPECT_EQ(in_a["files"][0]["mode"], "drwxr-x---");
  EXPECT_EQ(in_a["files"][2]["mode"], "lrwxrwxrwx");
}

TEST(mode_text, is_what_ls_shows) {
  const std::vector<std::pair<int, std::string>> modes{
      {0755, "rwxr-xr-x"},  {0, "---------"},     {04755, "rwsr-xr-x"}, {04644, "rwSr--r--"},
      {02755, "rwxr-sr-x"}, {02745, "rwxr-Sr-x"}, {01777, "rwxrwxrwt"}, {01776, "rwxrwxrwT"}};
  for (const auto& [mode, text] : modes)
    EXPECT_EQ(mode_text(static_cast<std::uint16_t>(mode)), text);
}

// ---- failures

TEST_F(file_routes, tell_dialect_a_of_failed_operations_with_status_200) {
  a.files->problem = failure_of_code(error_code::file_not_found, "No such file or directory");
  const std::string stamp = "\"timestamp\":\""s + fixed_timestamp + "\"}";
  const std::string failed = R"({"success":false,"exitCode":1,"path":"f",)";
  expect(a, "/api/read", R"({"path":"f"})", 200, failed + R"("content":"",)" + stamp);
  expect(a, "/api/write", R"({"path":"f","content":"x"})", 200, failed + stamp);
  expect(a, "/api/delete", R"({"path":"f"})", 200, failed + stamp);
  expect(a, "/api/mkdir", R"({"path":"f"})", 200,
         failed + R"("recursive":false,"stdout":"","stderr":"",)" + stamp);
  expect(a, "/api/list-files", R"({"path":"f"})", 200, failed + R"("files":[],)" + stamp);
}

TEST_F(file_routes, tell_dialect_a_of_an_unknown_session_by_the_operation) {
  a.files->problem = actors::failure(error_code::session_not_found, "", "s1");
  const std::vector<std::pair<const char*, const char*>> texts{{"/api/read", "read file"},
                                                               {"/api/delete", "delete file"},
                                                               {"/api/mkdir", "mkdir"},
                                                               {"/api/list-files", "list files"},
                                                               {"/api/write", "write file"}};
  for (const auto& [path, text] : texts)
    expect_part(a, path, R"({"path":"f","content":"","sessionId":"s1"})", 500,
                {{"error", "Failed to "s + text}, {"message", "Session 's1' not found"}});
}

TEST_F(file_routes, tell_dialect_b_the_code_of_each_failure) {
  struct row {
    const char* path;
    const char* body;
    error_code code;
    int status;
    const char* wire_code;
    const char* message;
    const char* operation;
  };
  const row rows[] = {
      {"/api/read", R"({"path":"f"})", error_code::file_not_found, 404, "FILE_NOT_FOUND", "File not found: f",
       "file.read"},
      {"/api/read", R"({"path":"f"})", error_code::is_directory, 400, "IS_DIRECTORY",
       "Failed to read file 'f': text", "file.read"},
      {"/api/write", R"({"path":"f","content":""})", error_code::no_space, 500, "NO_SPACE",
       "Failed to write file 'f': text", "file.write"},
      {"/api/delete", R"({"path":"f"})", error_code::is_directory, 400, "IS_DIRECTORY",
       "Cannot delete directory with deleteFile() at 'f'. Use exec('rm -rf <path>') instead.", "file.delete"},
      {"/api/rename", R"({"oldPath":"f","newPath":"g"})", error_code::file_not_found, 404, "FILE_NOT_FOUND",
       "Source file not found: f", "file.rename"},
      {"/api/move", R"({"sourcePath":"f","destinationPath":"g"})", error_code::filesystem_error, 500,
       "FILESYSTEM_ERROR", "Failed to move file 'f': text", "file.move"},
      {"/api/list-files", R"({"path":"f"})", error_code::file_not_found, 404, "FILE_NOT_FOUND",
       "Directory not found: f", "directory.list"},
      {"/api/list-files", R"({"path":"f"})", error_code::not_directory, 400, "NOT_DIRECTORY",
       "Path is not a directory: f", "directory.list"},
      {"/api/delete", R"({"path":"f"})", error_code::permission_denied, 403, "PERMISSION_DENIED",
       "Failed to delete file 'f': text", "file.delete"},
      {"/api/delete", R"({"path":"f"})", error_code::read_only, 403, "READ_ONLY",
       "Failed to delete file 'f': text", "file.delete"},
  };
  for (const auto& row : rows) {
    b.files->problem = failure_of_code(row.code, "text");
    expect_part(b, row.path, row.body, row.status,
                {{"code", row.wire_code},
                 {"message", row.message},
                 {"operation", row.operation},
                 {"httpStatus", row.status}});
    const auto context = json_of(*b.ask("POST", row.path, row.body))["context"];
    EXPECT_EQ(context["path"], "f");
    EXPECT_EQ(context["operation"], row.operation);
  }
}

TEST_F(file_routes, tell_dialect_b_of_mkdir_in_the_words_of_the_program) {
  b.files->problem = failure_of_code(error_code::file_exists, "File exists");
  expect_part(b, "/api/mkdir", R"({"path":"f"})", 500,
              {{"code", "FILESYSTEM_ERROR"},
               {"message", "mkdir operation failed with exit code 1"},
               {"context", json::parse(R"({"path":"f","options":{"recursive":false},"exitCode":1,
                   "stderr":"mkdir: cannot create directory 'f': File exists"})")}});
}

TEST_F(file_routes, tell_how_large_a_file_is_that_is_too_large) {
  auto reason = failure_of_code(error_code::file_too_large);
  reason.size = 40'000'000;
  reason.limit = 33'554'432;
  b.files->problem = reason;
  expect_part(
      b, "/api/read", R"({"path":"f"})", 413,
      {{"code", "FILE_TOO_LARGE"},
       {"context",
        json::parse(R"({"path":"f","operation":"file.read","maxSize":33554432,"actualSize":40000000})")}});
}

// ---- bad requests (HTTP.md 6.1, 6.2)

TEST_F(file_routes, refuse_paths_by_the_rules_of_dialect_b) {
  const std::vector<std::pair<std::string, std::string>> bodies{
      {R"({})", "Invalid path format for '': Path must be a non-empty string"},
      {R"({"path":""})", "Invalid path format for '': Path must be a non-empty string"},
      {R"({"path":7})", "Invalid path format for '': Path must be a non-empty string"},
      {json{{"path", std::string(4097, 'x')}}.dump(), "Path too long (max 4096 characters)"},
      {R"({"path":"a\u0000b"})", "Path contains null bytes"},
  };
  for (const auto* route : {"/api/read", "/api/delete", "/api/mkdir", "/api/exists", "/api/list-files"})
    for (const auto& [body, message] : bodies) {
      const auto got = b.ask("POST", route, body);
      ASSERT_EQ(got->sent.size(), 1u);
      EXPECT_EQ(got->sent[0].status, 400) << route << body;
      const auto answer = json_of(*got);
      EXPECT_EQ(answer["code"], "VALIDATION_FAILED");
      EXPECT_THAT(answer["message"].get<std::string>(), HasSubstr(message));
      EXPECT_EQ(answer["context"]["validationErrors"][0]["field"], "path");
      EXPECT_EQ(answer["context"]["validationErrors"][0]["code"], "INVALID_PATH");
    }
  EXPECT_TRUE(b.files->calls.empty());
}

TEST_F(file_routes, refuse_paths_by_the_rules_of_dialect_a) {
  for (const auto* body : {R"({})", R"({"path":""})", R"({"path":[]})"})
    expect_part(a, "/api/read", body, 400, {{"error", "Path is required and must be a string"}});
  for (const auto* path : {"/", "/etc", "/etc/passwd", "/proc/1/environ", "a/../b", "..", "/tmp/../x"})
    expect_part(a, "/api/read", json{{"path", path}}.dump().c_str(), 400,
                {{"error", "Dangerous path not allowed"}});
  expect_part(a, "/api/rename", R"({"oldPath":"a","newPath":"/etc/x"})", 400,
              {{"error", "Dangerous path not allowed"}});
  EXPECT_TRUE(a.files->calls.empty());
  for (const auto* path : {"/etcetera", "/variable/x", "/tmp/a..b", "/developer", "..a"}) {
    a.ask("POST", "/api/read", json{{"path", path}}.dump());
    EXPECT_EQ(a.files->calls.back().path, path);
  }
  a.ask("POST", "/api/list-files", R"({"path":"/"})");
  EXPECT_EQ(a.files->calls.back().path, "/");
}

TEST_F(file_routes, refuse_content_that_is_none) {
  expect_part(b, "/api/write", R"({"path":"f"})", 400, {{"code", "VALIDATION_FAILED"}});
  expect_part(b, "/api/write", R"({"path":"f","content":7})", 400, {{"code", "VALIDATION_FAILED"}});
  for (const auto* content : {"a b=", "YQ\n==", "a-_b", "Y", "YWJj=YQ="})
    expect_part(b, "/api/write",
                json{{"path", "f"}, {"content", content}, {"encoding", "base64"}}.dump().c_str(), 400,
                {{"code", "VALIDATION_FAILED"},
                 {"message", "Invalid base64 content for 'f': must contain only A-Z, a-z, 0-9, +, /, ="}});
  EXPECT_TRUE(b.files->calls.empty());
}

// ---- streams

/// A file in memory.
class held_file final : public actors::open_file {
public:
  held_file(std::string bytes, std::string type, bool is_text)
      : bytes_(std::move(bytes)), description_{bytes_.size(), std::move(type), is_text} {}
  [[nodiscard]] const actors::file_description& description() const override { return description_; }
  void read(std::size_t most, actors::reply<std::string> done) override {
    if (fails_at && offset_ >= *fails_at)
      return done.deliver(failure_of_code(error_code::filesystem_error, "Input/output error"));
    auto piece = bytes_.substr(offset_, most);
    offset_ += piece.size();
    done.deliver(std::move(piece));
  }
  std::optional<std::size_t> fails_at;

private:
  std::string bytes_;
  actors::file_description description_;
  std::size_t offset_ = 0;
};

class file_streams : public file_routes {
protected:
  std::vector<json> read(const std::shared_ptr<held_file>& file) {
    b.files->opened = file;
    const auto got = b.ask("POST", "/api/read/stream", R"({"path":"f"})");
    EXPECT_TRUE(got->opened);
    EXPECT_EQ(got->stream_status, 200);
    got->opened->drain_all();
    EXPECT_TRUE(got->opened->finished);
    EXPECT_LE(got->opened->most_undrained, 1'000'000u) << "as much memory for a file of any size";
    return testing::events_of(*got->opened);
  }
};

TEST_F(file_streams, give_text_without_cutting_characters) {
  std::string text;
  while (text.size() < 500'000)
    text += "x\xf0\x9f\x98\x80\xc3\xa9";
  const auto events = read(std::make_shared<held_file>(text, "text/plain", true));
  ASSERT_GT(events.size(), 3u);
  EXPECT_EQ(events.front(), (json{{"type", "metadata"},
                                  {"mimeType", "text/plain"},
                                  {"size", text.size()},
                                  {"isBinary", false},
                                  {"encoding", "utf-8"}}));
  std::string joined;
  for (std::size_t i = 1; i + 1 < events.size(); ++i) {
    EXPECT_EQ(events[i]["type"], "chunk");
    joined += events[i]["data"].get<std::string>();
  }
  EXPECT_TRUE(joined == text);
  EXPECT_EQ(events.back(), (json{{"type", "complete"}, {"bytesRead", text.size()}}));
}

TEST_F(file_streams, give_everything_else_as_base64) {
  const std::string bytes(65535 + 2, '\xff');
  const auto events = read(std::make_shared<held_file>(bytes, "application/octet-stream", false));
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[0]["encoding"], "base64");
  EXPECT_EQ(events[0]["isBinary"], true);
  EXPECT_EQ(events[1]["data"].get<std::string>(), std::string(std::size_t{65535} / 3 * 4, '/'));
  EXPECT_EQ(events[2]["data"], "//8=");
  EXPECT_EQ(events[3]["bytesRead"], bytes.size());
}

TEST_F(file_streams, end_even_where_a_chunk_ends) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{65535}, 2 * std::size_t{65535}}) {
    const auto events = read(std::make_shared<held_file>(std::string(size, 'a'), "text/plain", true));
    EXPECT_EQ(events.size(), 2 + size / 65535);
    EXPECT_EQ(events.back(), (json{{"type", "complete"}, {"bytesRead", size}}));
  }
}

TEST_F(file_streams, replace_what_is_no_text_at_the_end) {
  const auto events = read(std::make_shared<held_file>("a\xe2\x82", "text/plain", true));
  EXPECT_EQ(events[1]["data"], "a\xef\xbf\xbd");
}

TEST_F(file_streams, end_with_an_error_when_reading_fails) {
  const auto file = std::make_shared<held_file>(std::string(200'000, 'a'), "text/plain", true);
  file->fails_at = 65535;
  const auto events = read(file);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[2], (json{{"type", "error"}, {"error", "Input/output error"}}));
}

TEST_F(file_streams, tell_in_an_event_why_there_is_no_file) {
  auto reason = failure_of_code(error_code::file_not_found, "No such file or directory");
  reason.path = "/workspace/f";
  const std::vector<std::pair<bench*, std::string>> texts{{&a, "File not found: f"},
                                                          {&b, "File not found: /workspace/f"}};
  for (const auto& [server, text] : texts) {
    server->files->problem = reason;
    const auto got = server->ask("POST", "/api/read/stream", R"({"path":"f"})");
    ASSERT_EQ(got->sent.size(), 1u);
    EXPECT_EQ(got->sent[0].status, 200);
    const json event{{"type", "error"}, {"error", text}};
    EXPECT_EQ(json::parse(got->sent[0].body.substr(std::string("data: ").size())), event);
  }
}

TEST_F(file_streams, tell_of_a_bad_path_as_the_dialect_does) {
  const auto in_a = a.ask("POST", "/api/read/stream", R"({"path":"/etc/passwd"})");
  ASSERT_EQ(in_a->sent.size(), 1u);
  EXPECT_EQ(in_a->sent[0].status, 400);
  const auto in_b = b.ask("POST", "/api/read/stream", R"({"path":""})");
  ASSERT_EQ(in_b->sent.size(), 1u);
  EXPECT_EQ(in_b->sent[0].status, 200);
  EXPECT_THAT(in_b->sent[0].body, HasSubstr("Invalid path format for ''"));
}

} // namespace
} // namespace sandboxd::http
