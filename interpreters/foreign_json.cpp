#include "interpreters/foreign_json.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <utility>

namespace sandboxd::interpreters {

namespace {

using nlohmann::json;

constexpr std::size_t deepest = 1024;
constexpr std::size_t most_members = 1024;

/// Receives a text's tokens, in the words of nlohmann's SAX interface; false ends the parsing.
class reader {
public:
  explicit reader(std::string_view opened) : opened_(opened) {}

  foreign_object take() { return std::move(object_); }

  bool null() { return scalar("null"); }
  bool boolean(bool value) { return scalar(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return scalar(std::to_string(value)); }
  bool number_unsigned(std::uint64_t value) { return scalar(std::to_string(value)); }
  bool number_float(double, const std::string& as_written) { return scalar(as_written); }
  bool string(std::string& value) { return left_out_ > 0 || scalar(quoted(std::move(value))); }
  bool binary(json::binary_t&) { return false; } // JSON has none
  bool start_object(std::size_t) { return start('{', '}'); }
  bool end_object() { return end(); }
  bool start_array(std::size_t) { return start('[', ']'); }
  bool end_array() { return end(); }
  bool parse_error(std::size_t, const std::string&, const json::exception&) { return false; }

  bool key(std::string& name) {
    if (left_out_ > 0)
      return true;
    key_ = std::move(name);
    if (closers_.size() == 1) { // of members with the same name the last one counts
      object_.members.erase(key_);
      if (key_ == opened_)
        object_.opened.clear();
    }
    return true;
  }

private:
  /// Puts what stands before a value; false where none may be.
  bool begin() {
    if (closers_.empty())
      return false;
    const bool in_opened = closers_.size() == 2 && value_ == nullptr;
    if (closers_.size() == 1 || in_opened) {
      auto& members = in_opened ? object_.opened : object_.members;
      value_ = members.size() < most_members || members.contains(key_) ? &members[key_] : &left_out_value_;
      *value_ = {};
      base_ = closers_.size();
    } else {
      const char last = value_->text.back();
      if (last != '{' && last != '[')
        value_->text += ',';
      if (closers_.back() == '}')
        (value_->text += quoted(std::move(key_))) += ':';
    }
    ++value_->values;
    return true;
  }

  bool scalar(std::string text) {
    if (left_out_ > 0)
      return true;
    if (!begin())
      return false;
    if (value_->text.empty())
      value_->text = std::move(text);
    else
      value_->text += text;
    return end_value();
  }

  bool start(char opener, char closer) {
    if (left_out_ > 0 || closers_.size() >= deepest) {
      ++left_out_;
      return true;
    }
    const bool is_opened = closers_.size() == 1 && opener == '{' && key_ == opened_ && !opened_.empty();
    if (closers_.empty() ? opener != '{' : !is_opened && !begin())
      return false;
    if (value_ != nullptr)
      value_->text += opener;
    closers_ += closer;
    return true;
  }

  bool end() {
    if (left_out_ > 0) {
      --left_out_;
      return true;
    }
    if (value_ != nullptr)
      value_->text += closers_.back();
    closers_.pop_back();
    return end_value();
  }

  bool end_value() {
    if (value_ != nullptr && closers_.size() == base_)
      value_ = nullptr;
    return true;
  }

  std::string_view opened_;
  foreign_object object_;
  std::string key_;            // of the value that comes next
  std::string closers_;        // of the arrays and objects that are open, the innermost last
  json_text* value_ = nullptr; // that is being put together
  json_text left_out_value_;   // of a member beyond the most there may be
  std::size_t base_ = 0;       // how many are open around it
  std::size_t left_out_ = 0;   // arrays and objects that are open, but too deep
};

} // namespace

std::optional<foreign_object> take_apart(std::string_view text, std::string_view opened) {
  reader tokens(opened);
  if (!json::sax_parse(text, &tokens))
    return std::nullopt;
  return tokens.take();
}

json tree_of(const json_text& value) {
  if (value.values > most_values)
    return nullptr;
  auto tree = json::parse(value.text, nullptr, false);
  return tree.is_discarded() ? json() : tree;
}

json tree_in(const json_members& members, std::string_view name) {
  const auto found = members.find(name);
  return found != members.end() ? tree_of(found->second) : json();
}

std::string string_in(const json_members& members, std::string_view name) {
  const auto found = members.find(name);
  return found != members.end() && found->second.text.starts_with('"')
             ? tree_of(found->second).get<std::string>()
             : std::string();
}

std::string object_in(const json_members& members, std::string_view name) {
  const auto found = members.find(name);
  return found != members.end() && found->second.text.starts_with('{') ? found->second.text : std::string();
}

std::string quoted(std::string text) {
  return json(std::move(text)).dump(-1, ' ', true, json::error_handler_t::replace);
}

} // namespace sandboxd::interpreters
