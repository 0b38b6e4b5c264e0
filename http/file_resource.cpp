#include "http/file_resource.hpp"

#include "http/base64.hpp"
#include "http/call.hpp"
#include "http/document_answer.hpp"
#include "http/file_document.hpp"
#include "http/file_operation.hpp"
#include "http/file_request.hpp"
#include "http/file_stream.hpp"
#include "http/json_writer.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace sandboxd::http::file_resource {

namespace {

/// What an operation on one file answers. Copies are cheap enough for call-backs.
struct file_call {
  call answer;
  const file_operation* operation;
  /// As the client wrote it.
  std::string path;
  /// Further members of the answer, as JSON text without braces.
  std::string members = {};

  [[nodiscard]] json_writer begin_body(bool success) const {
    json_writer body;
    body.boolean("success", success).number("exitCode", success ? 0 : 1).text("path", path).members(members);
    return body;
  }

  void succeed() const { answer.send_json(begin_body(true).text("timestamp", answer.now()).finish()); }

  /// `members_in_a`: what dialect A finds in the answer besides.
  void fail(const actors::failure& reason, const std::string& members_in_a = {}) const {
    if (answer.spoken == dialect::a && is_unsuccessful_in_a(reason))
      answer.send_json(begin_body(false).members(members_in_a).text("timestamp", answer.now()).finish());
    else
      answer.send_error(file_error(reason, *operation, path, answer.spoken));
  }
};

/// The call-back of an operation that tells nothing but its end.
actors::reply<actors::file_done> tell(file_call called) {
  return actors::reply<actors::file_done>(
      [called = std::move(called)](actors::result_of<actors::file_done> result) {
        if (const auto* reason = std::get_if<actors::failure>(&result))
          called.fail(*reason);
        else
          called.succeed();
      });
}

/// Reads the one path of a request. Nothing when the request is answered already.
std::optional<actors::file_target> read_target(incoming_call& incoming, std::string& path,
                                               bool may_be_root = false) {
  file_request_reader reader(*incoming.sent, *incoming.body, incoming.spoken);
  path = reader.path("path", may_be_root);
  auto target = reader.target(path);
  if (const auto fault = reader.fault()) {
    incoming.send_error(*fault);
    return std::nullopt;
  }
  return target;
}

std::optional<std::string> take_text(nlohmann::ordered_json& body, std::string_view name) {
  const auto member = body.find(name);
  if (member == body.end() || !member->is_string())
    return std::nullopt;
  return std::move(member->get_ref<std::string&>());
}

void move_between(incoming_call& incoming, const file_operation& operation, std::string_view from_name,
                  std::string_view to_name) {
  file_request_reader reader(*incoming.sent, *incoming.body, incoming.spoken);
  const std::string from = reader.path(from_name);
  const std::string to = reader.path(to_name);
  auto source = reader.target(from);
  if (const auto fault = reader.fault()) {
    incoming.send_error(*fault);
    return;
  }
  json_writer members;
  members.text("newPath", to).text(from_name, from);
  if (to_name != "newPath")
    members.text(to_name, to);
  incoming.with->files->move(std::move(source), to,
                             tell({incoming.to_answer(), &operation, from, members.take_members()}));
}

} // namespace

void read(incoming_call& incoming) {
  std::string path;
  const auto wanted = requested_encoding(*incoming.body, incoming.spoken);
  auto target = read_target(incoming, path);
  if (!target)
    return;
  const auto& settings = incoming.settings();
  // Dialect A knows no limit: what can be written can be read.
  const auto most =
      incoming.spoken == dialect::a ? settings.http.max_body_bytes : settings.files.max_read_bytes;
  const file_call called{incoming.to_answer(), &reading, path};
  incoming.with->files->read(
      std::move(*target), most,
      actors::reply<actors::read_file>([called, wanted](actors::result_of<actors::read_file> result) {
        if (const auto* reason = std::get_if<actors::failure>(&result))
          return called.fail(*reason, json_writer().text("content", "").take_members());
        send_document(called.answer, content_document(std::get<actors::read_file>(std::move(result)),
                                                      called.path, wanted, called.answer.now()));
      }));
}

void read_streamed(incoming_call& incoming) {
  std::string path;
  file_request_reader reader(*incoming.sent, *incoming.body, incoming.spoken);
  path = reader.path("path");
  auto target = reader.target(path);
  const auto call = incoming.to_answer();
  if (const auto fault = reader.fault()) {
    // Clients of dialect B look for the fault in the stream (HTTP.md 6.4).
    if (incoming.spoken == dialect::a)
      incoming.send_error(*fault);
    else
      file_stream::refuse(call, fault->message);
    return;
  }
  incoming.with->files->open(std::move(target),
                             actors::reply<std::shared_ptr<actors::open_file>>(
                                 [call, path](actors::result_of<std::shared_ptr<actors::open_file>> result) {
                                   if (const auto* reason = std::get_if<actors::failure>(&result))
                                     file_stream::fail(call, *reason, path);
                                   else
                                     file_stream::start(call,
                                                        std::get<std::shared_ptr<actors::open_file>>(result));
                                 }));
}

void write(incoming_call& incoming) {
  std::string path;
  auto content = take_text(*incoming.body, "content");
  auto target = read_target(incoming, path);
  if (!target)
    return;
  if (!content) {
    incoming.send_error(validation_report({{"content", "content must be a string", "invalid_type"}}));
    return;
  }
  const auto encoding = incoming.body->find("encoding");
  if (encoding != incoming.body->end() && *encoding == "base64") {
    content = decode_base64(*content);
    if (!content) {
      error_report report = validation_report({{"content", "Invalid base64 characters", "INVALID_BASE64"}});
      report.message =
          fmt::format("Invalid base64 content for '{}': must contain only A-Z, a-z, 0-9, +, /, =", path);
      incoming.send_error(report);
      return;
    }
  }
  incoming.with->files->write(std::move(*target), std::move(*content),
                              tell({incoming.to_answer(), &writing, path}));
}

void remove(incoming_call& incoming) {
  std::string path;
  if (auto target = read_target(incoming, path))
    incoming.with->files->remove(std::move(*target), tell({incoming.to_answer(), &deleting, path}));
}

void rename(incoming_call& incoming) {
  move_between(incoming, renaming, "oldPath", "newPath");
}

void move(incoming_call& incoming) {
  move_between(incoming, moving, "sourcePath", "destinationPath");
}

void make_directory(incoming_call& incoming) {
  field_reader fields(*incoming.body);
  const bool recursive = fields.boolean("recursive").value_or(false);
  if (!fields.errors().empty()) {
    incoming.send_error(validation_report(fields.errors()));
    return;
  }
  std::string path;
  auto target = read_target(incoming, path);
  if (!target)
    return;
  const file_call called{
      incoming.to_answer(), &making_directory, path,
      json_writer().boolean("recursive", recursive).text("stdout", "").text("stderr", "").take_members()};
  incoming.with->files->make_directory(
      std::move(*target), recursive,
      actors::reply<actors::file_done>([called, recursive](actors::result_of<actors::file_done> result) {
        const auto* reason = std::get_if<actors::failure>(&result);
        if (reason == nullptr)
          called.succeed();
        else if (called.answer.spoken == dialect::a || !is_unsuccessful_in_a(*reason))
          called.fail(*reason);
        else
          called.answer.send_error(mkdir_error(*reason, called.path, recursive));
      }));
}

void exists(incoming_call& incoming) {
  std::string path;
  auto target = read_target(incoming, path);
  if (!target)
    return;
  const file_call called{incoming.to_answer(), &looking, path};
  incoming.with->files->exists(std::move(*target),
                               actors::reply<bool>([called](actors::result_of<bool> result) {
                                 if (const auto* reason = std::get_if<actors::failure>(&result))
                                   return called.fail(*reason);
                                 called.answer.send_json(json_writer()
                                                             .boolean("success", true)
                                                             .text("path", called.path)
                                                             .boolean("exists", std::get<bool>(result))
                                                             .text("timestamp", called.answer.now())
                                                             .finish());
                               }));
}

void list(incoming_call& incoming) {
  actors::listing_options options;
  if (const auto given = incoming.body->find("options");
      given != incoming.body->end() && given->is_object()) {
    field_reader fields(*given);
    options.recursive = fields.boolean("recursive").value_or(false);
    options.include_hidden = fields.boolean("includeHidden").value_or(false);
    if (!fields.errors().empty()) {
      incoming.send_error(validation_report(fields.errors()));
      return;
    }
  }
  options.lists_files = incoming.spoken == dialect::a; // both HTTP.md 6.6
  options.lists_dots = incoming.spoken == dialect::a && options.include_hidden && !options.recursive;
  std::string path;
  auto target = read_target(incoming, path, true);
  if (!target)
    return;
  const file_call called{incoming.to_answer(), &listing, path};
  incoming.with->files->list(
      std::move(*target), options,
      actors::reply<actors::directory_listing>([called](actors::result_of<actors::directory_listing> result) {
        if (const auto* reason = std::get_if<actors::failure>(&result))
          return called.fail(*reason, R"("files":[])");
        send_document(called.answer,
                      listing_document(std::get<actors::directory_listing>(std::move(result)), called.path,
                                       called.answer.spoken, called.answer.now()));
      }));
}

} // namespace sandboxd::http::file_resource
