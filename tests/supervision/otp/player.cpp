#include "tests/supervision/otp/player.hpp"

#include "supervision/errors.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor.hpp"
#include "tests/support/virtual_time.hpp"

#include <caf/actor_cast.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/resumable.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace sandboxd::supervision::differential {

struct crash_order {
  std::string reason;
};

struct stop_now {};

struct confirm_now {};

} // namespace sandboxd::supervision::differential

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::differential::crash_order)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::differential::stop_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::differential::confirm_now)

namespace sandboxd::supervision::differential {

namespace {

using std::chrono::milliseconds;

// -- the children ------------------------------------------------------------------------------------------

struct puppet_state {
  static inline const char* name = "puppet";
  bool started = false; ///< before that it is deaf
};

caf::error reason_named(const std::string& word) {
  if (word == "normal")
    return {};
  if (word == "shutdown")
    return polite_exit();
  if (word == "detail")
    return make_supervision_error(supervision_error::shutdown, "detail");
  return caf::sec::runtime_error;
}

/// The worker of the scripts: crashes on order and stops in its own manner.
caf::behavior puppet(stateful_pointer<puppet_state> self, const std::string& manner,
                     milliseconds start_time) {
  self->set_exit_handler([=](caf::exit_msg& exit) {
    if (manner == "obey")
      self->quit(exit.reason);
    else if (manner == "normal")
      self->quit();
    else if (manner == "fail")
      self->quit(caf::sec::runtime_error);
    else if (manner.starts_with("slow:"))
      self->delayed_send(self, milliseconds{std::stoi(manner.substr(5))}, stop_now{});
  });
  self->state.started = start_time.count() == 0;
  if (!self->state.started) {
    self->defer_start();
    self->delayed_send(self, start_time, confirm_now{});
  }
  return {
      [=](const crash_order& order) {
        if (self->state.started)
          self->quit(reason_named(order.reason));
      },
      [=](stop_now) { self->quit(polite_exit()); },
      [=](confirm_now) {
        self->confirm_start();
        self->state.started = true;
      },
  };
}

bool is_dynamic(const script& script, const std::string& supervisor) {
  return std::any_of(script.tree.begin(), script.tree.end(), [&](const script_line& line) {
    return line[0] == "supervisor" && line[1] == supervisor && line[3] == "dynamic";
  });
}

// -- the player --------------------------------------------------------------------------------------------

class player {
public:
  player(const script& script, restart_rule rule, coverage& covered)
      : script_(script), rule_(std::move(rule)), covered_(covered) {}

  log play() {
    tree_->events.set_sink([this](const journal_event& event) { note(event); });
    for (const auto& line : script_.tree)
      if (line[0] == "supervisor" && parent_of(line[1]).empty())
        top_ = spawn_root(time_.system, tree_, supervisor_data(line), "top");
    on_exit(caf::actor_cast<caf::strong_actor_ptr>(top_), [this](const caf::error& reason) {
      const bool unstarted = is(reason, supervision_error::start_failed);
      add("top",
          std::string{"end "} + (unstarted ? "start_failed" : std::string{to_string(classify(reason).kind)}));
    });
    finish_step();
    for (const auto& line : script_.steps) {
      ++step_;
      perform(line);
      finish_step();
    }
    ++step_;
    caf::anon_send_exit(top_, caf::exit_reason::user_shutdown);
    time_.advance(std::chrono::minutes{10});
    collect_replies();
    return std::move(log_);
  }

private:
  using command_outcome = std::function<std::optional<std::string>()>;

  // -- what is logged ---------------------------------------------------------------------------------

  void add(const std::string& channel, std::string text) {
    log_[{step_, channel}].push_back(std::move(text));
  }

  void note(const journal_event& event) {
    const auto path = event.path.substr(1);
    const auto act = [&](const std::string& verb, const std::string& result) {
      add(parent_of(path), verb + " " + id_of(path) + " " + result);
    };
    switch (event.kind) {
    case event_kind::started:
      act("start", "ok");
      break;
    case event_kind::start_failed:
      act("start", "failed");
      break;
    case event_kind::stopping:
      act("signal", "shutdown");
      break;
    case event_kind::killing:
      act("signal", "kill");
      break;
    case event_kind::gave_up:
      add(path, "gave_up");
      if (path != "top")
        covered_.escalated = true;
      else if (covered_.escalated && event.text.starts_with("child 's") &&
               event.text.find("gave_up") != std::string::npos) // not because it crashed
        covered_.escalated_twice = true;
      break;
    default:
      break;
    }
  }

  void finish_step() {
    time_.run();
    collect_replies();
    for (const auto& line : script_.tree)
      if (line[0] == "supervisor")
        if (const auto supervisor = tree_->actors->find<supervisor_actor>("/" + line[1]))
          show(line[1], supervisor);
  }

  void show(const std::string& path, const supervisor_actor& supervisor) {
    const auto children = time_.ask<child_infos>(supervisor, which_children{});
    const auto counts = time_.ask<child_counts>(supervisor, count_children{});
    std::vector<std::string> words;
    for (const auto& child : *children) {
      if (child.phase != child_phase::running && child.phase != child_phase::stopped &&
          child.phase != child_phase::restarting) {
        add(path, "busy");
        return;
      }
      words.push_back(fmt::format("{}:{}", child.id, to_string(child.phase)));
    }
    if (is_dynamic(script_, path))
      std::sort(words.begin(), words.end());
    add(path, fmt::format("children {} {}/{}/{}/{}", fmt::join(words, ","), counts->specs, counts->active,
                          counts->supervisors, counts->workers));
  }

  // -- the tree ---------------------------------------------------------------------------------------

  supervisor_spec supervisor_data(const script_line& line) {
    static const std::map<std::string, strategy> strategies{{"one_for_one", strategy::one_for_one},
                                                            {"one_for_all", strategy::one_for_all},
                                                            {"rest_for_one", strategy::rest_for_one},
                                                            {"dynamic", strategy::dynamic}};
    supervisor_spec spec;
    spec.strategy = strategies.at(line[3]);
    spec.intensity = std::stoul(line[4]);
    spec.period = std::chrono::seconds{std::stoi(line[5])};
    spec.rule = watched_rule(spec.period);
    for (const auto& child : script_.tree) {
      if (parent_of(child[1]) != line[1])
        continue;
      if (child[0] == "worker") {
        spec.children.push_back(worker_data({child.begin() + 1, child.end()}));
        continue;
      }
      auto nested = supervisor_child(id_of(child[1]), supervisor_data(child));
      nested.restart = restart_named(child[2]);
      spec.children.push_back(std::move(nested));
    }
    return spec;
  }

  static restart_type restart_named(const std::string& word) {
    return word == "permanent"   ? restart_type::permanent
           : word == "transient" ? restart_type::transient
                                 : restart_type::temporary;
  }

  /// `fields`: PATH RESTART SHUTDOWN MANNER START_MS
  child_spec worker_data(const script_line& fields) {
    child_spec spec;
    spec.id = id_of(fields[0]);
    spec.restart = restart_named(fields[1]);
    if (fields[2] == "brutal_kill")
      spec.shutdown = brutal_kill{};
    else
      spec.shutdown = milliseconds{std::stoi(fields[2])};
    const auto start = supervised(puppet, fields[3], milliseconds{std::stoi(fields[4])});
    spec.start = [this, start,
                  path = fields[0]](const spawn_context& context) -> caf::expected<caf::strong_actor_ptr> {
      auto& failures = fail_next_[path];
      if (failures == 0)
        return start(context);
      --failures;
      return caf::make_error(caf::sec::runtime_error);
    };
    return spec;
  }

  /// The rule under test, and a note of which windows it has seen.
  restart_rule watched_rule(std::chrono::seconds period) {
    using second = std::chrono::time_point<std::chrono::steady_clock, std::chrono::seconds>;
    auto restarts = std::make_shared<std::vector<second>>();
    return [this, restarts, period](const restart_question& question) {
      auto result = rule_(question);
      if (question.history.count() == 0)
        restarts->clear(); // a new incarnation of the supervisor
      if (result.what == verdict::action::restart || result.what == verdict::action::give_up) {
        const auto now = std::chrono::floor<std::chrono::seconds>(question.now);
        covered_.slid = covered_.slid || result.history.count() <= question.history.count();
        covered_.hit_edge = covered_.hit_edge ||
                            std::find(restarts->begin(), restarts->end(), now - period) != restarts->end();
        restarts->push_back(now);
        ++covered_.restarts;
      }
      return result;
    };
  }

  // -- the steps --------------------------------------------------------------------------------------

  void perform(const script_line& line) {
    if (line[0] == "advance") {
      time_.advance(milliseconds{std::stoi(line[1])});
    } else if (line[0] == "fail_next") {
      fail_next_[line[1]] = std::stoi(line[2]);
    } else if (line[0] == "crash") {
      crash(line[1], line[2]);
      time_.run();
    } else if (line[0] == "crash_both") {
      crash(line[1], line[2]);
      run_all_but(parent_of(line[1]));
      crash(line[3], line[4]);
      run_all_but(parent_of(line[1]));
    } else if (line[0] == "crash_and") {
      crash(line[1], line[2]);
      run_all_but(parent_of(line[1]));
      command({line.begin() + 3, line.end()});
      run_all_but(parent_of(line[1]));
    } else {
      command(line);
    }
  }

  void crash(const std::string& path, const std::string& reason) {
    const auto victim = tree_->actors->find<caf::actor>("/" + path);
    if (!victim)
      return;
    if (reason == "killed")
      caf::anon_send_exit(victim, caf::exit_reason::kill);
    else
      caf::anon_send(victim, crash_order{reason});
  }

  /// Everybody works but the supervisor at `path`.
  void run_all_but(const std::string& path) {
    const auto supervisor = tree_->actors->find("/" + path);
    const auto* excluded =
        supervisor ? dynamic_cast<caf::resumable*>(caf::actor_cast<caf::abstract_actor*>(supervisor))
                   : nullptr;
    time_.scheduler.run_jobs_filtered([excluded](caf::resumable* job) { return job != excluded; });
  }

  void command(const script_line& line) {
    const auto& path = line[1];
    const auto supervisor = tree_->actors->find<supervisor_actor>("/" + parent_of(path));
    const auto name = line[0] + " " + path + " ";
    if (!supervisor)
      add("reply", name + "down");
    else if (line[0] == "start")
      await(name, time_.post<caf::strong_actor_ptr>(
                      supervisor, start_child{worker_data({line.begin() + 1, line.end()})}));
    else if (line[0] == "restart")
      await(name, time_.post<caf::strong_actor_ptr>(supervisor, restart_child{id_of(path)}));
    else if (line[0] == "terminate")
      await(name, time_.post<void>(supervisor, terminate_child{id_of(path)}));
    else
      await(name, time_.post<void>(supervisor, delete_child{id_of(path)}));
  }

  template <class Answer>
  void await(const std::string& name, Answer answer) {
    awaited_.push_back([name, answer]() -> std::optional<std::string> {
      if (!*answer)
        return std::nullopt;
      return name + (**answer ? "ok" : word_for((*answer)->error()));
    });
  }

  static std::string word_for(const caf::error& problem) {
    if (problem.category() != caf::detail::error_factory<supervision_error>::category)
      return "down";
    const auto code = static_cast<supervision_error>(problem.code());
    return code == supervision_error::stopping ? "down" : std::string{to_string(code)};
  }

  void collect_replies() {
    std::erase_if(awaited_, [this](const command_outcome& outcome) {
      const auto reply = outcome();
      if (reply)
        add("reply", *reply);
      return reply.has_value();
    });
  }

  const script& script_;
  restart_rule rule_;
  coverage& covered_;
  log log_;
  int step_ = 0;
  std::map<std::string, int> fail_next_;
  std::vector<command_outcome> awaited_;
  observer_ptr tree_ = std::make_shared<observer>();
  testing::virtual_time time_; // after everything its actors use: it ends them first
  supervisor_actor top_;
};

} // namespace

log play(const script& script, const restart_rule& rule, coverage& covered) {
  return player{script, rule, covered}.play();
}

void normalize(log& lines, const script& script) {
  for (auto& [place, texts] : lines) {
    const auto& [step, channel] = place;
    if (channel == "reply" || is_dynamic(script, channel))
      std::sort(texts.begin(), texts.end());
    if (std::find(texts.begin(), texts.end(), "gave_up") == texts.end())
      continue;
    const auto above = lines.find({step, parent_of(channel)});
    if (above != lines.end())
      std::erase(above->second, "signal " + id_of(channel) + " shutdown");
  }
}

} // namespace sandboxd::supervision::differential
