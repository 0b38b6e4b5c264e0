#include "bench/code_cell.hpp"
#include "bench/code_conversations.hpp"
#include "bench/conversations.hpp"
#include "bench/row.hpp"

#include <algorithm>
#include <memory>
#include <string>

namespace sandboxd::bench {

namespace {

/// What both servers start ahead for each language, unless they are told otherwise.
constexpr std::size_t pool_size = 3;

/// What can be had of the reference, for it frees no executor and beyond these lends the same ones again.
constexpr std::size_t most_python_of_reference = 15;
constexpr std::size_t most_node_of_reference = 10;

constexpr std::size_t printed = 200;

cell sum_in(std::string_view language) {
  return {language, "1+1", [](const answer& whole) { return check_result(whole, "text", "2"); }};
}

cell python(std::string code, std::string_view format) {
  return {"python", std::move(code), [format](const answer& whole) { return check_result(whole, format); }};
}

const cell frame = python(R"(import pandas as pd
pd.DataFrame({'name': ['a', 'b', 'c'], 'value': [1, 2, 3]}))",
                          "html");

const cell plot = python(R"(import matplotlib.pyplot as plt
plt.plot([1, 2, 3], [1, 4, 9])
plt.title('squares')
plt.show())",
                         "png");

const std::string clock_printer_in_python = "import time\nfor number in range(1, " +
                                            std::to_string(printed + 1) +
                                            "):\n"
                                            "  print(number, time.monotonic_ns())\n"
                                            "  time.sleep(0.005)";

std::string new_context(lane& with, std::string_view language) {
  std::string id;
  with.demand(new_context_request(language), [&](const answer& whole) {
    id = created_context(whole).value_or("");
    return id.empty() ? "context not created: " + whole.error + excerpt(whole.body) : "";
  });
  with.at_end(delete_context_request(id));
  return id;
}

/// The same code again and again in one context, where it has run once.
void converse_run(lane& with, const cell& what) {
  const auto request = run_request(new_context(with, what.language), what);
  with.demand(request, what.verdict);
  with.converse<repetition>(request, what.verdict);
}

/// The first context of a server.
void converse_first(lane& with, const cell& what) {
  with.converse<context_maker>(context_series{.first = what, .most = 1});
}

/// Contexts that find an executor started ahead.
void converse_pooled(lane& with, const cell& what) {
  if (with.of().reference)
    with.converse<context_maker>(context_series{.first = what, .most = pool_size});
  else
    with.converse<context_maker>(context_series{.first = what, .pool = pool_size});
}

/// Contexts in close succession, all kept, behind those that have taken what was started ahead.
void converse_beyond(lane& with, std::string_view language, std::size_t most) {
  const auto of_reference = language == "python" ? most_python_of_reference : most_node_of_reference;
  with.converse<context_maker>(
      context_series{.first = sum_in(language),
                     .untimed = pool_size,
                     .most = with.of().reference ? of_reference - pool_size : most - pool_size});
}

void converse_parallel(lane& with, std::size_t count) {
  const auto all = std::make_shared<volley>();
  for (std::size_t index = 0; index < count; ++index)
    with.converse<volley_member>(all, "python");
}

void converse_print_first(lane& with) {
  const cell loop{
      "python", "import time\nfor number in range(20):\n  print(number)\n  time.sleep(0.005)", {}};
  std::string expected;
  for (int number = 0; number < 20; ++number)
    expected += std::to_string(number) + "\n";
  with.converse<stream_repetition>(
      run_request(new_context(with, "python"), loop),
      [expected](const answer& whole) { return check_printed(whole, expected); });
}

void converse_print_line(lane& with) {
  const cell loop{"python", clock_printer_in_python, {}};
  with.converse<printed_lines>(run_request(new_context(with, "python"), loop), printed);
}

} // namespace

std::vector<row> code_rows() {
  return {
      on_all("code-first-python", [](lane& with) { converse_first(with, sum_in("python")); }),
      on_all("code-first-javascript", [](lane& with) { converse_first(with, sum_in("javascript")); }),
      on_all("code-first-typescript", [](lane& with) { converse_first(with, sum_in("typescript")); }),
      on_all("code-pooled-python", [](lane& with) { converse_pooled(with, sum_in("python")); }),
      on_all("code-pooled-javascript", [](lane& with) { converse_pooled(with, sum_in("javascript")); }),
      on_all("code-pooled-typescript", [](lane& with) { converse_pooled(with, sum_in("typescript")); }),
      on_all("code-beyond-python", [](lane& with) { converse_beyond(with, "python", 100); }),
      on_all("code-beyond-javascript", [](lane& with) { converse_beyond(with, "javascript", 25); }),
      on_all("code-beyond-typescript", [](lane& with) { converse_beyond(with, "typescript", 25); }),
      on_all_but_reference("code-parallel-100", [](lane& with) { converse_parallel(with, 100); }),
      on_all("code-run-python", [](lane& with) { converse_run(with, sum_in("python")); }),
      on_all("code-run-javascript", [](lane& with) { converse_run(with, sum_in("javascript")); }),
      on_all("code-run-typescript", [](lane& with) { converse_run(with, sum_in("typescript")); }),
      on_all("code-print-first", converse_print_first),
      on_all("code-print-line", converse_print_line),
      on_all("code-frame", [](lane& with) { converse_run(with, frame); }),
      on_all("code-plot-first", [](lane& with) { converse_pooled(with, plot); }),
      on_all("code-plot-next", [](lane& with) { converse_run(with, plot); }),
  };
}

} // namespace sandboxd::bench
