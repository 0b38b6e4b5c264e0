#pragma once

#include "bench/checks.hpp"
#include "bench/client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::bench {

/// Code of one language and what is wrong with the answer to it.
struct cell {
  std::string_view language;
  std::string code;
  answer_check verdict;
};

/// Requests of the code interpreter in the form of dialect A.
std::string new_context_request(std::string_view language);
std::string delete_context_request(const std::string& context);
std::string run_request(const std::string& context, const cell& what);

/// The id of a context that was created, nothing when it was not.
std::optional<std::string> created_context(const answer& whole);

/// The events received so far, whole ones only; nothing when one of them is not a JSON object in a line.
std::optional<std::vector<nlohmann::json>> received_code_events(std::string_view body);

/// Code that ran to its end, exactly one end, and had a result in this format; with a value, exactly this.
std::string check_result(const answer& whole, std::string_view format, std::string_view value = {});

/// Code that ran to its end and printed exactly this.
std::string check_printed(const answer& whole, std::string_view text);

} // namespace sandboxd::bench
