#pragma once

#include "actors/code_client.hpp"
#include "actors/file_client.hpp"
#include "actors/port_client.hpp"
#include "actors/process_client.hpp"
#include "actors/sandbox_client.hpp"
#include "actors/watch_client.hpp"
#include "http/application.hpp"
#include "http/exchange.hpp"

#include <nlohmann/json_fwd.hpp>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// Doubles for both neighbours of the protocol: the transport, which records what it is told to send, and the
/// actors, which record what they are asked and answer when the test says so.
namespace sandboxd::http::testing {

using nlohmann::json;

/// 2026-01-31T12:34:56.789Z
inline constexpr std::chrono::milliseconds fixed_time{1'769'862'896'789};
inline constexpr const char* fixed_timestamp = "2026-01-31T12:34:56.789Z";

class recording_stream final : public response_stream {
public:
  void write(std::string bytes) override {
    undrained += bytes.size();
    most_undrained = std::max(most_undrained, undrained);
    body += bytes;
    pieces.push_back(std::move(bytes));
  }
  void finish() override {
    finished = true;
    forget_when_done();
  }
  void on_drained(std::function<void(std::size_t)> f) override { drained_ = std::move(f); }
  void on_closed(std::function<void()> f) override { closed_ = std::move(f); }
  void keep_alive(std::string text, std::chrono::milliseconds interval) override {
    keep_alive_text = std::move(text);
    keep_alive_interval = interval;
  }

  /// The client takes `bytes` bytes.
  void drain(std::size_t bytes) {
    undrained -= bytes;
    drained_(bytes);
    forget_when_done();
  }
  /// The client takes everything, also what is written meanwhile.
  void drain_all() {
    while (undrained > 0)
      drain(std::min<std::size_t>(undrained, 10'000));
  }
  void close() {
    drained_ = nullptr;
    if (auto tell = std::exchange(closed_, nullptr))
      tell();
  }
  /// What the call-backs own may own this stream, in a circle.
  void forget() {
    drained_ = nullptr;
    closed_ = nullptr;
  }

  std::vector<std::string> pieces;
  std::string body;
  bool finished = false;
  std::size_t undrained = 0;
  std::size_t most_undrained = 0;
  std::string keep_alive_text;
  std::chrono::milliseconds keep_alive_interval{0};

private:
  /// As the server does.
  void forget_when_done() {
    if (finished && undrained == 0)
      forget();
  }

  std::function<void(std::size_t)> drained_;
  std::function<void()> closed_;
};

class recording_responder final : public responder {
public:
  void send(response whole) override { sent.push_back(std::move(whole)); }
  std::shared_ptr<response_stream> stream(int status, header_list headers, stream_kind kind) override {
    kind_of_stream = kind;
    stream_status = status;
    stream_headers = std::move(headers);
    opened = std::make_shared<recording_stream>();
    return opened;
  }
  void on_left(std::function<void()> f) override { left = std::move(f); }
  void mark_internal() override { internal = true; }

  bool internal = false;
  std::function<void()> left; ///< to be told when the client leaves
  std::vector<response> sent;
  stream_kind kind_of_stream = stream_kind::events;
  int stream_status = 0;
  header_list stream_headers;
  std::shared_ptr<recording_stream> opened;
};

/// Remembers what was asked; answers from the fields a test has set.
class recording_sandbox final : public actors::sandbox_client {
public:
  void create_session(actors::session_options options, actors::if_exists existing,
                      actors::reply<actors::session_created> done) override {
    created.emplace_back(std::move(options), existing);
    done.deliver(creation);
  }
  void list_sessions(actors::reply<std::vector<std::string>> done) override { done.deliver(sessions); }
  void delete_session(std::string id, actors::reply<std::string> done) override {
    deleted.push_back(id);
    done.deliver(deletion ? actors::result_of<std::string>(*deletion) : actors::result_of<std::string>(id));
  }
  void execute(actors::command_request request, actors::observer_handle observer) override {
    commands.push_back(std::move(request));
    observers.push_back(std::move(observer));
    if (on_execute)
      on_execute(observers.back());
  }

  std::vector<std::pair<actors::session_options, actors::if_exists>> created;
  std::vector<std::string> deleted;
  std::vector<actors::command_request> commands;
  std::vector<actors::observer_handle> observers;

  actors::result_of<actors::session_created> creation = actors::session_created{};
  actors::result_of<std::vector<std::string>> sessions = std::vector<std::string>{};
  std::optional<actors::failure> deletion;
  std::function<void(actors::observer_handle&)> on_execute;
};

/// Remembers what was asked of files; answers `problem`, or what the test has set.
class recording_files final : public actors::file_client {
public:
  struct asked {
    std::string operation;
    std::string session;
    actors::if_missing missing;
    std::string path;
    std::string more; // what else there is
  };

  void read(actors::file_target target, std::size_t most, actors::reply<actors::read_file> done) override {
    answer("read", target, std::to_string(most), done, actors::read_file{content, nullptr});
  }
  void open(actors::file_target target, actors::reply<std::shared_ptr<actors::open_file>> done) override {
    answer("open", target, "", done, opened);
  }
  void write(actors::file_target target, std::string bytes, actors::reply<actors::file_done> done) override {
    answer("write", target, std::move(bytes), done, actors::file_done{});
  }
  void remove(actors::file_target target, actors::reply<actors::file_done> done) override {
    answer("remove", target, "", done, actors::file_done{});
  }
  void move(actors::file_target from, std::string to, actors::reply<actors::file_done> done) override {
    answer("move", from, std::move(to), done, actors::file_done{});
  }
  void make_directory(actors::file_target target, bool recursive,
                      actors::reply<actors::file_done> done) override {
    answer("mkdir", target, recursive ? "recursive" : "", done, actors::file_done{});
  }
  void exists(actors::file_target target, actors::reply<bool> done) override {
    answer("exists", target, "", done, existing);
  }
  void list(actors::file_target target, actors::listing_options options,
            actors::reply<actors::directory_listing> done) override {
    const std::string more =
        std::string(options.recursive ? "recursive " : "") + (options.include_hidden ? "hidden" : "");
    answer("list", target, more, done, listing);
  }

  std::vector<asked> calls;
  std::optional<actors::failure> problem;
  actors::file_content content;
  std::shared_ptr<actors::open_file> opened;
  bool existing = true;
  actors::directory_listing listing;

private:
  template <class T>
  void answer(std::string operation, const actors::file_target& target, std::string more,
              const actors::reply<T>& done, T value) {
    calls.push_back({std::move(operation), target.session, target.missing, target.path, std::move(more)});
    problem ? done.deliver(*problem) : done.deliver(std::move(value));
  }
};

class recording_ports final : public actors::port_client {
public:
  void expose(std::uint16_t port, std::string name, actors::if_exposed existing,
              actors::reply<ports::exposed_port> done) override {
    if (existing == actors::if_exposed::refuse && table->contains(port))
      return done.deliver(actors::failure{actors::error_code::port_already_exposed, "again"});
    const ports::exposed_port entry{port, std::move(name), ports_time()};
    table->insert_or_assign(port, entry);
    done.deliver(entry);
  }
  void unexpose(std::uint16_t port, actors::reply<ports::exposed_port> done) override {
    const auto taken = table->extract(port);
    if (taken.empty())
      return done.deliver(actors::failure{actors::error_code::port_not_exposed, "not there"});
    done.deliver(taken.mapped());
  }
  [[nodiscard]] std::shared_ptr<const ports::exposed_ports> exposed() const override { return table; }
  void check(ports::probe_request probe, actors::reply<ports::probe_result> done) override {
    checked.push_back(std::move(probe));
    done.deliver(answer);
  }
  [[nodiscard]] std::shared_ptr<const void> watch(actors::port_watch_request request,
                                                  actors::reply<actors::port_watch_result> done) override {
    watched.push_back(std::move(request));
    watcher = std::move(done);
    auto held = std::make_shared<const int>();
    interest = held;
    return held;
  }

  static std::chrono::system_clock::time_point ports_time() {
    return std::chrono::system_clock::time_point(fixed_time);
  }

  std::shared_ptr<ports::exposed_ports> table = std::make_shared<ports::exposed_ports>();
  ports::probe_result answer;
  std::vector<ports::probe_request> checked;
  std::vector<actors::port_watch_request> watched;
  actors::reply<actors::port_watch_result> watcher;
  std::weak_ptr<const void> interest;
};

/// Remembers what was asked of processes; answers `problem`, or from its table.
class recording_processes final : public actors::process_client {
public:
  void start(actors::process_request request, actors::reply<actors::tracked_process_ptr> done) override {
    started.push_back(request);
    if (problem)
      return done.deliver(*problem);
    auto process = make(request.id, request.session, request.command);
    process->run(4711);
    done.deliver(std::move(process));
  }
  [[nodiscard]] actors::tracked_process_ptr find(const std::string& id) const override {
    return table.find(id);
  }
  [[nodiscard]] std::vector<actors::tracked_process_ptr> all(const std::string* session) const override {
    return table.all(session);
  }
  void settle(const actors::tracked_process_ptr& process,
              actors::reply<actors::process_record> done) override {
    done.deliver(process->record());
  }
  void write_input(const std::string& id, std::string bytes, bool close,
                   actors::reply<actors::input_written> done) override {
    written.push_back(id + ": " + bytes + (close ? " and close" : ""));
    if (problem)
      return done.deliver(*problem);
    done.deliver(actors::input_written{bytes.size()});
  }
  void kill(const std::string& id, actors::reply<actors::process_record> done) override {
    killed.push_back(id);
    const auto process = find(id);
    if (!process)
      return done.deliver(
          actors::failure{actors::error_code::process_not_found, "Process " + id + " not found"});
    done.deliver(process->record());
  }
  void kill_all(const std::string* session, actors::reply<std::size_t> done) override {
    killed.push_back(session == nullptr ? "all" : "all of " + *session);
    done.deliver(std::size_t{2});
  }

  actors::tracked_process_ptr make(const std::string& id, const std::string& session,
                                   const std::string& command, const launcher::ring_limits& limits = {}) {
    actors::process_record record;
    record.id = id;
    record.session = session;
    record.command = command;
    record.start_time = actors::process_record::time(fixed_time);
    auto process = std::make_shared<actors::tracked_process>(std::move(record), limits);
    actors::process_table::processes dropped;
    table.enter(process, 100, 100, dropped);
    return process;
  }

  actors::process_table table;
  std::vector<std::string> written;
  std::vector<actors::process_request> started;
  std::vector<std::string> killed;
  std::optional<actors::failure> problem;
};

/// Remembers which clones were asked for; they end when a test says so.
class recording_git final : public actors::git_client {
public:
  struct clone {
    actors::checkout_request request;
    actors::progress_sink on_progress;
    actors::reply<git::clone_result> done;
  };

  std::function<void()> checkout(actors::checkout_request request, actors::progress_sink on_progress,
                                 actors::reply<git::clone_result> done) override {
    asked.push_back({std::move(request), std::move(on_progress), std::move(done)});
    return [this] { ++cancelled; };
  }

  std::deque<clone> asked;
  int cancelled = 0;
};

/// Remembers what was to be watched; the test tells the readers, and answers comparisons beforehand.
class recording_watches final : public actors::watch_client {
public:
  void watch(actors::watch_options options, std::shared_ptr<actors::watch_reader> reader) override {
    wanted.push_back(std::move(options));
    readers.emplace_back(std::move(reader));
  }
  void check(actors::watch_options options, std::optional<actors::watch_version> since,
             actors::reply<actors::watch_check> done) override {
    wanted.push_back(std::move(options));
    versions.push_back(std::move(since));
    problem ? done.deliver(*problem) : done.deliver(found);
  }

  std::vector<actors::watch_options> wanted;
  std::vector<actors::watch_reader_handle> readers;
  std::vector<std::optional<actors::watch_version>> versions;
  actors::watch_check found;
  std::optional<actors::failure> problem;
};

/// Remembers which code was to run where, and tells the observers what a test says; answers `problem`, or
/// what the test has set.
class recording_code final : public actors::code_client {
public:
  void create(actors::context_options options, actors::reply<actors::context_record> done) override {
    created.push_back(std::move(options));
    answer(done, made);
  }
  [[nodiscard]] std::vector<actors::context_record> list() const override { return contexts; }
  void remove(const std::string& id, actors::reply<std::string> done) override {
    calls.push_back("remove " + id);
    answer(done, id);
  }
  void run(actors::run_request request, std::shared_ptr<actors::run_observer> observer) override {
    runs.push_back(std::move(request));
    observers.push_back(actors::make_run_handle(std::move(observer)));
  }
  void interrupt(const std::string& id, actors::reply<actors::context_record> done) override {
    calls.push_back("interrupt " + id);
    answer(done, made);
  }
  void reload_python(actors::reply<std::string> done) override {
    calls.emplace_back("reload");
    answer(done, std::string("3.11.2"));
  }
  [[nodiscard]] std::vector<actors::pool_status> health() const override { return pools; }
  void restart(const std::string& id, actors::reply<actors::context_record> done) override {
    calls.push_back("restart " + id);
    answer(done, made);
  }

  std::vector<actors::context_options> created;
  std::vector<std::string> calls;
  std::deque<actors::run_request> runs;
  std::vector<actors::run_handle> observers;

  actors::context_record made;
  std::vector<actors::context_record> contexts;
  std::vector<actors::pool_status> pools;
  std::optional<actors::failure> problem;

private:
  template <class T>
  void answer(const actors::reply<T>& done, T value) {
    problem ? done.deliver(*problem) : done.deliver(std::move(value));
  }
};

inline actors::failure failure_of_code(actors::error_code code, std::string message = {}) {
  return {code, std::move(message)};
}

inline std::shared_ptr<const launcher::captured_output> captured(std::string_view bytes,
                                                                 launcher::capture_limits limits = {}) {
  auto output = std::make_shared<launcher::captured_output>(std::move(limits));
  output->append(bytes);
  return output;
}

inline actors::command_outcome outcome(actors::command_outcome::ending how, int exit_code,
                                       std::string_view out = {}, std::string_view err = {}) {
  actors::command_outcome result;
  result.how = how;
  result.exit_code = exit_code;
  result.duration = std::chrono::milliseconds(12);
  result.out = captured(out);
  result.err = captured(err);
  return result;
}

/// The default settings, in this dialect.
inline config::settings in_dialect(config::http_dialect spoken) {
  config::settings settings;
  settings.http.dialect = spoken;
  return settings;
}

/// An application between the doubles, with a stopped clock.
class bench {
public:
  explicit bench(config::settings settings = {}) {
    services with;
    with.settings = std::make_shared<const config::settings>(std::move(settings));
    with.sandbox = sandbox;
    with.files = files;
    with.processes = processes;
    with.ports = ports;
    with.git = git;
    with.watches = watches;
    with.code = code;
    with.commands = std::make_shared<command_catalog>("/nonexistent");
    with.now = [] { return std::chrono::system_clock::time_point(fixed_time); };
    with.log = [this](config::log_level, std::string_view text) { log.emplace_back(text); };
    with.capture_limits = [kept = with.settings] {
      return actors::capture_limits{kept->session.output_memory_bytes, kept->session.output_max_bytes};
    };
    with.run_apart = [this](std::function<void()> task) {
      ++run_apart;
      task();
    };
    app = std::make_shared<application>(std::move(with));
  }
  /// Open requests own, by way of their services, the doubles that keep them; open streams what writes to
  /// them.
  ~bench() {
    sandbox->observers.clear();
    git->asked.clear();
    watches->readers.clear();
    code->observers.clear();
    for (const auto& weak : answers_) {
      const auto answer = weak.lock();
      if (!answer)
        continue;
      answer->left = nullptr;
      if (answer->opened)
        answer->opened->forget();
    }
  }
  bench(const bench&) = delete;
  bench& operator=(const bench&) = delete;

  std::shared_ptr<recording_responder> ask(std::string method, std::string path, std::string body = {},
                                           header_list headers = {}) {
    return ask(make_request(std::move(method), std::move(path), std::move(body), std::move(headers)));
  }

  /// Hands the request over for good, as the server does.
  std::shared_ptr<recording_responder> ask(std::shared_ptr<request> sent) {
    auto answer = std::make_shared<recording_responder>();
    answers_.push_back(answer);
    app->handler()(std::move(sent), answer);
    return answer;
  }

  static std::shared_ptr<request> make_request(std::string method, std::string path, std::string body = {},
                                               header_list headers = {}) {
    auto sent = std::make_shared<request>();
    sent->method = std::move(method);
    const std::size_t mark = path.find('?');
    sent->path = path.substr(0, mark);
    sent->query = mark == std::string::npos ? "" : path.substr(mark + 1);
    sent->headers = std::move(headers);
    sent->body = std::move(body);
    sent->id = "r1";
    return sent;
  }

  std::shared_ptr<recording_sandbox> sandbox = std::make_shared<recording_sandbox>();
  std::shared_ptr<recording_files> files = std::make_shared<recording_files>();
  std::shared_ptr<recording_processes> processes = std::make_shared<recording_processes>();
  std::shared_ptr<recording_ports> ports = std::make_shared<recording_ports>();
  std::shared_ptr<recording_git> git = std::make_shared<recording_git>();
  std::shared_ptr<recording_watches> watches = std::make_shared<recording_watches>();
  std::shared_ptr<recording_code> code = std::make_shared<recording_code>();
  std::vector<std::string> log;
  int run_apart = 0; ///< tasks that were
  std::shared_ptr<application> app;

private:
  std::vector<std::weak_ptr<recording_responder>> answers_;
};

/// The one whole answer as JSON.
json json_of(const recording_responder& answer);

/// The events of a stream, without its comments.
std::vector<json> events_of(const recording_stream& stream);

} // namespace sandboxd::http::testing
