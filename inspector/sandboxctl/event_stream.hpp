#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::sandboxctl {

/// Reads server-sent events out of bytes that come in pieces of any size. Comments, ids and names of events
/// are dropped.
class event_stream {
public:
  /// The data of the events that end within these bytes.
  [[nodiscard]] std::vector<std::string> take(std::string_view bytes);

private:
  void end_line(std::vector<std::string>& finished);
  void take_field(std::string_view line);

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool was_return_ = false; ///< the last byte was one; a line feed after it is of the same line end
};

} // namespace sandboxd::sandboxctl
