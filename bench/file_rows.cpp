#include "bench/conversations.hpp"
#include "bench/row.hpp"
#include "bench/sample_text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace sandboxd::bench {

namespace {

using nlohmann::json;

constexpr std::size_t kibibyte = 1024;
constexpr std::size_t mebibyte = 1024 * kibibyte;
constexpr std::size_t listed_entries = 1000;

/// A name in the workspace, which the targets share.
std::string own_name(const lane& of, const std::string& what) {
  return "bench-" + what + "-" + of.of().name;
}

/// What is wrong with a file on the disk. The reference ends every file with a line feed of its own.
std::string check_on_disk(const std::filesystem::path& file, std::string_view expected) {
  std::ifstream stream(file, std::ios::binary);
  std::string content(expected.size() + 2, '\0');
  stream.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(stream.gcount()));
  const auto right = std::string_view(content).starts_with(expected) &&
                     (content.size() == expected.size() ||
                      (content.size() == expected.size() + 1 && content.back() == '\n'));
  return right ? "" : "wrong content on the disk: " + excerpt(content);
}

/// Writes the same file again and again, each time with another number at its beginning, and looks at it.
class writing {
public:
  writing(const lane& with, const std::string& session, std::size_t bytes)
      : path_(own_name(with, "write-" + std::to_string(bytes))), file_(with.plan().directory + "/" + path_),
        text_(sample_text(bytes)),
        request_(http_request("POST", "/api/write",
                              json{{"content", text_}, {"path", path_}, {"sessionId", session}}.dump())),
        text_in_request_(request_.find(text_.substr(0, number_digits))) {}

  succession::step operator()(int number) {
    auto digits = std::to_string(number);
    digits = std::string(number_digits - digits.size(), '0') + digits;
    std::copy(digits.begin(), digits.end(), text_.begin());
    std::copy(digits.begin(), digits.end(), request_.begin() + static_cast<std::ptrdiff_t>(text_in_request_));
    return {
        .request = request_,
        .verdict =
            [this](const answer& whole) {
              const auto failure = check_fields(whole, {{"success", true}, {"path", path_}}, "not written");
              return failure.empty() ? check_on_disk(file_, text_) : failure;
            },
        .undo = {},
        .undo_verdict = {}};
  }

private:
  static constexpr std::size_t number_digits = 12;

  std::string path_;
  std::filesystem::path file_;
  std::string text_;
  std::string request_;
  std::size_t text_in_request_;
};

void converse_write(lane& with, std::size_t bytes) {
  const auto session = with.new_session();
  with.converse<succession>(
      [text = std::make_shared<writing>(with, session, bytes)](int number) { return (*text)(number); });
}

void converse_read(lane& with, std::size_t bytes) {
  const auto session = with.new_session();
  const auto file = own_name(with, "read-" + std::to_string(bytes));
  with.make_text_file(session, file, bytes);
  with.converse<repetition>(
      http_request("POST", "/api/read", json{{"path", file}, {"sessionId", session}}.dump()),
      [expected = expected_text(sample_text(bytes))](const answer& whole) {
        return check_read(whole, expected);
      });
}

void converse_list(lane& with) {
  const auto session = with.new_session();
  const auto directory = own_name(with, "list");
  const auto last = std::to_string(listed_entries);
  with.prepare(session, "mkdir " + directory + " && touch " + directory + "/entry-{1.." + last + "}");
  with.converse<repetition>(
      http_request("POST", "/api/list-files", json{{"path", directory}, {"sessionId", session}}.dump()),
      [name = "entry-" + last](const answer& whole) { return check_listed(whole, listed_entries, name); });
}

void converse_mkdir(lane& with) {
  const auto session = with.new_session();
  const auto parent = own_name(with, "mkdir");
  with.prepare(session, "mkdir " + parent);
  with.converse<succession>([session, parent](int number) {
    const auto path = parent + "/" + std::to_string(number);
    return succession::step{
        .request = http_request("POST", "/api/mkdir",
                                json{{"path", path}, {"recursive", false}, {"sessionId", session}}.dump()),
        .verdict =
            [path](const answer& whole) {
              return check_fields(whole, {{"success", true}, {"path", path}}, "no directory made");
            },
        .undo = {},
        .undo_verdict = {}};
  });
}

void converse_exists(lane& with) {
  with.converse<repetition>(
      http_request("POST", "/api/exists", json{{"path", "."}, {"sessionId", with.new_session()}}.dump()),
      [](const answer& whole) {
        return check_fields(whole, {{"success", true}, {"exists", true}}, "not found");
      });
}

} // namespace

std::vector<row> file_rows() {
  return {
      on_all("write-1k", [](lane& with) { converse_write(with, kibibyte); }),
      on_all("write-1m", [](lane& with) { converse_write(with, mebibyte); }),
      on_all("write-10m", [](lane& with) { converse_write(with, 10 * mebibyte); }),
      on_all("read-1k", [](lane& with) { converse_read(with, kibibyte); }),
      on_all("read-1m", [](lane& with) { converse_read(with, mebibyte); }),
      on_all("read-10m", [](lane& with) { converse_read(with, 10 * mebibyte); }),
      on_all("list-1000", converse_list),
      on_all("mkdir", converse_mkdir),
      on_all_but_reference("exists", converse_exists),
  };
}

} // namespace sandboxd::bench
