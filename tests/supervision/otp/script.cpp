#include "tests/supervision/otp/script.hpp"

#include <algorithm>
#include <initializer_list>
#include <ostream>
#include <random>
#include <utility>

namespace sandboxd::supervision::differential {

namespace {

/// What a script is mainly about; the rest of it is random anyway.
enum class theme {
  anything,
  sliding,    ///< crashes around the edge of a window, so that old restarts leave it
  escalation, ///< a nested supervisor gives up so often that the top gives up too
};

class script_maker {
public:
  script_maker(std::uint64_t seed, std::uint64_t number) {
    std::seed_seq sequence{seed & 0xffffffffU, seed >> 32U, number & 0xffffffffU, number >> 32U};
    random_.seed(sequence);
  }

  script make() {
    const auto dice = pick(0, 99);
    theme_ = dice < 50 ? theme::sliding : dice < 91 ? theme::escalation : theme::anything;
    plant_tree();
    advance(pick(300, 2300)); // all have started; and where in a second the script begins matters
    if (theme_ == theme::escalation)
      escalate();
    else if (theme_ == theme::sliding)
      slide();
    for (auto left = pick(2, 8); left > 0; --left)
      something();
    return std::move(script_);
  }

private:
  struct supervisor {
    std::string path;
    std::string strategy;
    int intensity;
    int period;
    std::string child_restart;
    std::string child_shutdown;
    std::vector<std::string> workers;
  };

  int pick(int low, int high) { return std::uniform_int_distribution<int>{low, high}(random_); }
  bool chance(int percent) { return pick(0, 99) < percent; }
  std::string one_of(std::initializer_list<const char*> words) {
    return words.begin()[pick(0, static_cast<int>(words.size()) - 1)];
  }

  // -- the tree ---------------------------------------------------------------------------------------

  void plant_tree() {
    auto& top = add_supervisor("top", false);
    const auto nested = theme_ == theme::escalation ? pick(1, 2) : pick(0, 2);
    const auto workers = pick(nested == 0 ? 2 : 0, 3);
    std::vector<bool> is_nested(static_cast<std::size_t>(nested + workers));
    std::fill_n(is_nested.begin(), nested, true);
    std::shuffle(is_nested.begin(), is_nested.end(), random_);
    static_cast<void>(top);
    for (std::size_t position = 0; position < is_nested.size(); ++position) {
      const auto name = std::to_string(position + 1);
      if (!is_nested[position]) {
        add_worker(0, "w" + name);
        continue;
      }
      const auto index = supervisors_.size();
      const auto dynamic_allowed = theme_ != theme::escalation || index > 1;
      if (add_supervisor("top/s" + name, dynamic_allowed).strategy == "dynamic")
        continue;
      for (auto count = pick(1, 3), child = 1; child <= count; ++child)
        add_worker(index, "w" + std::to_string(child));
    }
  }

  supervisor& add_supervisor(const std::string& path, bool may_be_dynamic) {
    supervisor made{path, one_of({"one_for_one", "one_for_all", "rest_for_one"}), 0, 0, "-", "-", {}};
    if (may_be_dynamic && chance(30)) {
      made.strategy = "dynamic";
      made.child_restart = restart_type();
      made.child_shutdown = shutdown();
    }
    made.intensity = theme_ == theme::escalation ? pick(0, 1) : pick(1, 3);
    if (chance(10))
      made.intensity = pick(0, 4);
    made.period = pick(1, 5);
    const auto escalates = theme_ == theme::escalation;
    const auto restart =
        escalates ? std::string{"permanent"} : one_of({"permanent", "permanent", "transient", "temporary"});
    script_.tree.push_back({"supervisor", path, restart, made.strategy, std::to_string(made.intensity),
                            std::to_string(made.period), made.child_restart, made.child_shutdown});
    supervisors_.push_back(std::move(made));
    return supervisors_.back();
  }

  void add_worker(std::size_t supervisor_index, const std::string& id) {
    auto& owner = supervisors_[supervisor_index];
    const auto path = owner.path + "/" + id;
    script_.tree.push_back({"worker", path});
    append(script_.tree.back(), worker_fields(owner));
    owner.workers.push_back(path);
  }

  script_line worker_fields(const supervisor& owner) {
    if (owner.strategy == "dynamic") // children of one template, and no start may take time
      return {owner.child_restart, owner.child_shutdown, manner(), "0"};
    return {restart_type(), shutdown(), manner(), start_time()};
  }

  std::string restart_type() {
    return one_of({"permanent", "permanent", "transient", "transient", "temporary"});
  }
  // Which of two timers of the same instant fires first is nobody's promise. So graces are odd, other times
  // even, and all of them spread wide.
  std::string shutdown() { return chance(25) ? "brutal_kill" : std::to_string(2 * pick(40, 240) + 1); }
  std::string manner() {
    const auto slow = "slow:" + std::to_string(2 * pick(20, 150));
    return one_of({"obey", "obey", "obey", "normal", "fail", slow.c_str(), slow.c_str(), "stubborn"});
  }
  std::string start_time() { return chance(15) ? std::to_string(2 * pick(5, 30)) : "0"; }

  // -- the steps --------------------------------------------------------------------------------------

  static void append(script_line& line, const script_line& more) {
    line.insert(line.end(), more.begin(), more.end());
  }

  void step(script_line line) { script_.steps.push_back(std::move(line)); }
  void advance(int milliseconds) { step({"advance", std::to_string(milliseconds)}); }
  std::string crash_reason() {
    return one_of({"boom", "boom", "boom", "killed", "normal", "shutdown", "detail"});
  }

  supervisor& any_supervisor() {
    return supervisors_[static_cast<std::size_t>(pick(0, static_cast<int>(supervisors_.size()) - 1))];
  }

  /// A worker of `owner`, one that was never there now and then.
  std::string any_worker(const supervisor& owner) {
    if (owner.workers.empty() || chance(5))
      return owner.path + "/w9";
    return owner.workers[static_cast<std::size_t>(pick(0, static_cast<int>(owner.workers.size()) - 1))];
  }

  /// A worker in the spec of `owner` that is restarted after a crash, or an empty path.
  std::string restartable_worker(const supervisor& owner) const {
    for (const auto& line : script_.tree)
      if (line[0] == "worker" && parent_of(line[1]) == owner.path && line[2] != "temporary")
        return line[1];
    return {};
  }

  /// Crashes of one nested worker, quickly enough to exhaust both levels.
  void escalate() {
    auto& nested = supervisors_[1];
    auto victim = restartable_worker(nested);
    if (victim.empty()) { // it is no part of the spec, so it is gone after its supervisor's first restart
      victim = nested.path + "/w8";
      nested.workers.push_back(victim);
      step({"start", victim, "permanent", shutdown(), manner(), "0"});
    }
    if (chance(25)) { // its restarts fail, on both levels
      step({"fail_next", victim, "40"});
      step({"crash", victim, "boom"});
      advance(pick(0, 800));
      return;
    }
    const auto crashes = (nested.intensity + 1) * (supervisors_[0].intensity + 1);
    for (auto count = 0; count < crashes; ++count) {
      step({"crash", victim, one_of({"boom", "killed"})});
      advance(pick(1, 60));
      if (chance(10))
        something();
    }
  }

  /// Crashes that leave the window, stay in it by a hair, or fall on its edge.
  void slide() {
    auto& owner = any_supervisor();
    auto victim = restartable_worker(owner);
    if (victim.empty()) {
      victim = owner.path + "/w7";
      owner.workers.push_back(victim);
      step({"start", victim});
      append(script_.steps.back(), worker_fields(owner));
    }
    for (auto count = owner.intensity + pick(2, 4); count > 0; --count) {
      step({"crash", victim, one_of({"boom", "boom", "boom", "killed"})});
      const auto period = owner.period * 1000;
      switch (pick(0, 4)) {
      case 0:
        advance(period);
        break;
      case 1:
        advance(period + 1000);
        break;
      case 2:
        advance(std::max(period + pick(-1100, 1100), 1));
        break;
      default:
        advance(pick(period / (owner.intensity + 1), period));
      }
    }
  }

  void something() {
    auto& owner = any_supervisor();
    switch (pick(0, 11)) {
    case 0:
    case 1:
    case 2:
      step({"crash", any_worker(owner), crash_reason()});
      break;
    case 3:
      step({"crash_both", any_worker(owner), crash_reason(), any_worker(owner), crash_reason()});
      break;
    case 4:
      step({"fail_next", any_worker(owner), std::to_string(pick(1, 3))});
      break;
    case 5:
      if (owner.path != "top")
        step({"crash", owner.path, "killed"});
      break;
    case 6: // dynamic children have no id in OTP, only a process, which is dead by then
      if (owner.strategy != "dynamic")
        command("crash_and", owner, any_worker(owner));
      break;
    case 7:
      advance(pick(1, 300));
      break;
    case 8:
      advance(pick(0, 1) != 0 ? owner.period * 1000 : pick(300, 4000));
      break;
    default:
      command(one_of({"start", "start", "terminate", "terminate", "restart", "restart", "delete"}), owner,
              any_worker(owner));
    }
  }

  void command(const std::string& verb, supervisor& owner, const std::string& target) {
    script_line line{verb, target};
    if (verb == "crash_and") {
      line.push_back(crash_reason());
      line.push_back(one_of({"start", "terminate", "restart", "delete"}));
      line.push_back(any_worker(owner));
    }
    const auto& order = verb == "crash_and" ? line[3] : verb;
    if (order == "start") {
      auto path = chance(40) ? line.back() : owner.path + "/n" + std::to_string(pick(1, 3));
      if (std::find(owner.workers.begin(), owner.workers.end(), path) == owner.workers.end())
        owner.workers.push_back(path);
      line.back() = std::move(path);
      append(line, worker_fields(owner));
    }
    // OTP's dynamic supervisor is deaf while a child takes its time to stop, ours is not: leave it in peace
    // then.
    const bool dynamic = owner.strategy == "dynamic";
    if (dynamic)
      advance(3000);
    step(std::move(line));
    if (dynamic)
      advance(1000);
  }

  std::mt19937_64 random_;
  theme theme_ = theme::anything;
  script script_;
  std::vector<supervisor> supervisors_;
};

} // namespace

script make_script(std::uint64_t seed, std::uint64_t number) {
  return script_maker{seed, number}.make();
}

void write(std::ostream& out, const std::vector<script>& scripts) {
  const auto write_lines = [&out](const std::vector<script_line>& lines) {
    for (const auto& line : lines) {
      const char* blank = "";
      for (const auto& word : line) {
        out << blank << word;
        blank = " ";
      }
      out << '\n';
    }
  };
  for (std::size_t number = 0; number < scripts.size(); ++number) {
    out << "script " << number << '\n';
    write_lines(scripts[number].tree);
    out << "begin\n";
    write_lines(scripts[number].steps);
    out << "end\n";
  }
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

std::string id_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

} // namespace sandboxd::supervision::differential
