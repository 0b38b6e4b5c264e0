#include "bench/response_parser.hpp"

#include <algorithm>
#include <charconv>
#include <strings.h>

namespace sandboxd::bench {

namespace {

/// Longest status line, header field or chunk size line accepted, in bytes.
constexpr std::size_t longest_line = 16'384;

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() && strncasecmp(left.data(), right.data(), left.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos)
    return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Reads the whole of `text` as a number, false when it is none.
bool read_number(std::string_view text, int base, std::size_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

} // namespace

void response_parser::feed(std::string_view bytes) {
  while (!bytes.empty() && !done() && !broken()) {
    untouched_ = false;
    const bool in_body =
        stage_ == stage::sized_body || stage_ == stage::chunk_data || stage_ == stage::until_close;
    bytes.remove_prefix(in_body ? take_body(bytes) : take_line(bytes));
  }
  if (done() && !bytes.empty())
    error_ = "bytes beyond the end of the answer";
}

void response_parser::end_of_stream() {
  if (stage_ == stage::until_close)
    stage_ = stage::done;
  else if (!done() && !broken())
    error_ = untouched_ ? "connection closed without an answer" : "connection closed within the answer";
}

void response_parser::reset() {
  stage_ = stage::head;
  line_.clear();
  body_.clear();
  error_.clear();
  missing_ = 0;
  status_ = 0;
  has_length_ = false;
  chunked_ = false;
  keep_alive_ = true;
  untouched_ = true;
}

std::size_t response_parser::take_line(std::string_view bytes) {
  const auto end = bytes.find('\n');
  const auto taken = end == std::string_view::npos ? bytes.size() : end + 1;
  line_.append(bytes.substr(0, taken));
  if (line_.size() > longest_line)
    error_ = "line of the head too long";
  else if (end != std::string_view::npos) {
    line_.pop_back();
    if (!line_.empty() && line_.back() == '\r')
      line_.pop_back();
    line_complete(line_);
    line_.clear();
  }
  return taken;
}

std::size_t response_parser::take_body(std::string_view bytes) {
  if (stage_ == stage::until_close) {
    body_.append(bytes);
    return bytes.size();
  }
  const auto taken = std::min(bytes.size(), missing_);
  body_.append(bytes.substr(0, taken));
  missing_ -= taken;
  if (missing_ == 0)
    stage_ = stage_ == stage::sized_body ? stage::done : stage::chunk_end;
  return taken;
}

void response_parser::line_complete(std::string_view line) {
  if (stage_ == stage::head)
    read_head_line(line);
  else if (stage_ == stage::chunk_size)
    read_chunk_size(line);
  else if (stage_ == stage::chunk_end && line.empty())
    stage_ = stage::chunk_size;
  else if (stage_ == stage::chunk_end)
    error_ = "no line end after a chunk";
  else if (stage_ == stage::trailers && line.empty())
    stage_ = stage::done;
}

void response_parser::read_head_line(std::string_view line) {
  if (status_ == 0) {
    std::size_t status = 0;
    if (!line.starts_with("HTTP/1.") || line.size() < 12 || !read_number(line.substr(9, 3), 10, status))
      error_ = "not an HTTP/1.1 status line";
    status_ = static_cast<int>(status);
  } else if (line.empty()) {
    head_complete();
  } else if (const auto colon = line.find(':'); colon == std::string_view::npos) {
    error_ = "header field without a colon";
  } else {
    read_field(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
}

void response_parser::read_field(std::string_view name, std::string_view value) {
  if (equal_ignoring_case(name, "content-length")) {
    has_length_ = read_number(value, 10, missing_);
    if (!has_length_)
      error_ = "bad Content-Length";
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    chunked_ = equal_ignoring_case(value, "chunked");
    if (!chunked_)
      error_ = "unknown Transfer-Encoding";
  } else if (equal_ignoring_case(name, "connection")) {
    keep_alive_ = !equal_ignoring_case(value, "close");
  }
}

void response_parser::head_complete() {
  if (status_ >= 100 && status_ < 200) { // an interim answer: the real one follows
    status_ = 0;
  } else if (chunked_) {
    stage_ = stage::chunk_size;
  } else if (status_ == 204 || status_ == 304 || (has_length_ && missing_ == 0)) {
    stage_ = stage::done;
  } else if (has_length_) {
    body_.reserve(missing_);
    stage_ = stage::sized_body;
  } else {
    keep_alive_ = false;
    stage_ = stage::until_close;
  }
}

void response_parser::read_chunk_size(std::string_view line) {
  const auto digits = trimmed(line.substr(0, line.find(';')));
  if (!read_number(digits, 16, missing_))
    error_ = "bad chunk size";
  else
    stage_ = missing_ == 0 ? stage::trailers : stage::chunk_data;
}

} // namespace sandboxd::bench
