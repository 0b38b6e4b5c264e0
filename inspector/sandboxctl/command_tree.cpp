#include "inspector/sandboxctl/actor.hpp"
#include "inspector/sandboxctl/actor_report.hpp"
#include "inspector/sandboxctl/commands.hpp"
#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/terminal.hpp"
#include "inspector/sandboxctl/tree.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {

namespace {

/// The most that the interface gives at once.
constexpr const char* page_size = "10000";

/// All pages as one answer.
json list_actors(client& server, const std::string& under) {
  auto all = json::array();
  std::string after;
  while (true) {
    auto page = server.get(
        target("/inspector/api/actors", {{"under", under}, {"after", after}, {"limit", page_size}}));
    auto actors = member(page, "actors");
    if (actors.empty())
      break;
    after = text_of(actors.back(), "path");
    for (auto& one : actors)
      all.push_back(std::move(one));
    if (all.size() >= count_of(page, "total"))
      break;
  }
  const auto total = all.size();
  return {{"total", total}, {"actors", std::move(all)}};
}

} // namespace

exit_code run_tree(const surroundings& with, const tree_request& request) {
  const auto top = actor_path(request.path);
  const auto answer = list_actors(with.server, top);
  if (answer["actors"].empty())
    throw failure(exit_code::refused, "No actor lives at " + top);
  if (with.wants_json) {
    print_raw(indented(answer));
    return exit_code::done;
  }
  std::vector<actor> actors;
  for (const auto& document : answer["actors"])
    actors.push_back(read_actor(document));
  tree_style style{.is_utf8 = with.view.is_utf8};
  if (request.wants_all)
    style.most_children = 0;
  print(draw_tree(actors, style), with.view);
  return exit_code::done;
}

exit_code run_show(const surroundings& with, const show_request& request) {
  const auto document = with.server.get(target("/inspector/api/actor", {{"path", actor_path(request.path)}}));
  if (with.wants_json)
    print_raw(indented(document));
  else
    print(actor_report(document, time_now(), with.view.is_utf8), uncut(with.view));
  return exit_code::done;
}

} // namespace sandboxd::sandboxctl
