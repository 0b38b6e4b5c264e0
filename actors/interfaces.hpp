#pragma once

#include "actors/blocking_task.hpp"
#include "actors/executor_lease.hpp"
#include "actors/file_place.hpp"
#include "actors/git_client.hpp"
#include "actors/messages.hpp"
#include "actors/port_client.hpp"
#include "actors/process_client.hpp"
#include "actors/reply.hpp"
#include "actors/watch_client.hpp"
#include "files/directory_watch.hpp"
#include "interpreters/transpiler_message.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/fork_server_link.hpp"
#include "launcher/session_process.hpp"
#include "launcher/shell.hpp"
#include "launcher/spawner.hpp"
#include "supervision/trace.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The map of the system: every typed actor of the sandbox, one comment for each of its messages.
///
///     sandbox (one_for_one)
///      +- launcher                 launcher_actor
///      +- workload (one_for_one)
///          +- sessions             dynamic supervisor of session trees
///          |   +- <number> (rest_for_one)
///          |       +- session      session_actor: the queue of commands
///          |       +- init         init_actor: owns the session's init process
///          |       +- shell        shell_actor: owns the session's bash
///          +- executions           dynamic supervisor of execution_actor, commands outside of sessions
///          +- process-starter      process_starter_actor: enters processes and has them started
///          +- processes            dynamic supervisor of process_actor, one for each background process
///          +- git                  dynamic supervisor of checkout_actor, one for each clone
///          +- files (one_for_one)
///          |   +- pool             file_pool_actor: the queue of file operations
///          |   +- worker-1 ...     file_worker_actor: does one at a time, on a thread of its own
///          +- ports (one_for_one)
///          |   +- watches          dynamic supervisor of port_watch_actor, one for each wait for a service
///          |   +- registry         port_registry_actor: which ports are exposed
///          +- watches              dynamic supervisor of watch_actor, one for each watched path
///          +- watch-registry       watch_registry_actor: finds or makes the watch for a request
///          +- session-manager      session_manager_actor: who is who
///     interpreters (one_for_one)
///      +- python, javascript, typescript (rest_for_one)
///      |   +- pool                 executor_pool_actor: which executors there are, and who has them
///      |   +- executors            dynamic supervisor of executor_actor, one for each executor process
///      |   +- fork-server          fork_server_actor, of Python: the process whose forks are the executors
///      |   +- transpiler           transpiler_actor, of TypeScript
///      +- contexts                 dynamic supervisor of code_context_actor, one for each code context
///      +- context-manager          context_manager_actor: makes contexts
namespace sandboxd::actors {

// --- launcher: owns the spawner process ---

/// Ask for a session's init; `isolate`: in namespaces of its own; `limited`: with the limits of one workload.
struct spawn_init {
  bool isolate = true;
  bool limited = true;
};
/// The daemon's end of the init's socket, for `launcher::session_process::create`.
using init_socket = std::shared_ptr<launcher::descriptor>;
/// From the I/O threads: spawner number `generation` runs, or could not be started (null; `problem` says
/// why).
struct spawner_started {
  std::uint64_t generation = 0;
  std::shared_ptr<launcher::spawner> process;
  std::string problem;
};
/// From the I/O threads: spawner number `generation` takes requests; whether all that it starts can be told
/// from clients. `root`: the root directory (O_PATH) of what it starts without namespaces.
struct spawner_reported {
  std::uint64_t generation = 0;
  launcher::protocol::spawner_report report;
  std::shared_ptr<const launcher::descriptor> root;
};
/// From the I/O threads: spawner number `generation` ended.
struct spawner_died {
  std::uint64_t generation = 0;
};
/// From the I/O threads: spawner number `generation` takes requests again.
struct spawner_ready {
  std::uint64_t generation = 0;
};
/// To itself: start a spawner (again).
struct start_spawner {};

using launcher_actor = caf::typed_actor< //
    caf::replies_to<spawn_init>::with<init_socket>, caf::reacts_to<start_spawner>,
    caf::reacts_to<spawner_started>, caf::reacts_to<spawner_reported>, caf::reacts_to<spawner_ready>,
    caf::reacts_to<spawner_died>>;

// --- init: owns one session's init process ---

/// Ask for the init process.
struct get_init {};
using init_handle = std::shared_ptr<launcher::session_process>;
/// From the I/O threads: the init runs.
struct init_ready {
  launcher::init_identity identity;
};
/// From the I/O threads: the init is gone.
struct init_lost {
  std::string reason;
};

using init_actor = caf::typed_actor< //
    caf::replies_to<get_init>::with<init_handle>, caf::reacts_to<init_ready>, caf::reacts_to<init_lost>>;

// --- shell: owns one session's bash ---

/// From the I/O threads: bash runs.
struct shell_started {
  launcher::process_ids ids;
};
/// From the I/O threads: bash takes a command.
struct shell_at_prompt {};
/// From the I/O threads: bash is gone. `exit_code` is absent when it was lost or never ran.
struct shell_ended {
  std::optional<int> exit_code;
  std::string problem;
};

using shell_actor = caf::typed_actor< //
    caf::reacts_to<shell_started>, caf::reacts_to<shell_at_prompt>, caf::reacts_to<shell_ended>>;

// --- session: the queue of one session's commands ---

/// Run a command when its turn comes; everything else goes to the observer.
struct run_command {
  command_request request;
  observer_handle observer;
  supervision::trace_origin origin = {}; ///< for what it is run
};
/// From its shell, before it starts: with which directory and variables shall I start?
struct get_shell_start {};
struct shell_start {
  environment env;
  std::string directory;
  /// Outputs that background jobs hold, counted over all shells of the session.
  std::shared_ptr<launcher::retired_channels> retired;
};
/// From its shell: this shell takes a command now.
struct shell_is_free {
  std::shared_ptr<launcher::shell> shell;
};
/// From its shell: it is gone. With an exit code it ended in good order and has to be started again; without
/// one it was lost, and its supervisor starts another by itself.
struct shell_is_gone {
  std::optional<int> exit_code;
};
/// From the I/O threads: a stream that ran beside the commands is over.
struct stream_ended {
  std::uint64_t number = 0;
};
/// To itself: ask the supervisor for a new shell (again).
struct restart_shell {};
/// Fail everything that waits or runs with `session_destroyed`, and whatever still comes.
struct close_session {};
/// Ask who the session is.
struct get_session_options {};
/// Where does a session see its files? The manager passes it on to the session. A session that does not exist
/// sees them as the daemon does, from the workspace, unless `missing` refuses it.
struct locate_files {
  std::string session;
  if_missing missing = if_missing::create;
  reply<file_place> done;
};
/// Ask whether the session has lost its state with its shell and nothing has run in it since.
struct is_blank {};

using session_actor = caf::typed_actor< //
    caf::reacts_to<run_command>, caf::replies_to<get_shell_start>::with<shell_start>,
    caf::reacts_to<shell_is_free>, caf::reacts_to<shell_is_gone>, caf::reacts_to<stream_ended>,
    caf::reacts_to<restart_shell>, caf::reacts_to<close_session>,
    caf::replies_to<get_session_options>::with<session_options>, caf::replies_to<is_blank>::with<bool>,
    caf::reacts_to<locate_files>>;

// --- execution: one command outside of any session ---

/// Its init runs (the command starts); its init is gone (nothing of the command is left).
using execution_actor = caf::typed_actor<caf::reacts_to<init_ready>, caf::reacts_to<init_lost>>;

// --- background processes ---

/// To the starter: start a process, whose record and output go to `target`.
struct start_process {
  process_request request;
  tracked_process_ptr target;
  reply<tracked_process_ptr> done;
};
using process_starter_actor = caf::typed_actor<caf::reacts_to<start_process>>;

/// End the process and all it has started; answered when nothing of it is left.
struct kill_process {
  reply<process_record> done;
};
/// Answered when the process has ended or is no longer young; see `process_client::settle`.
struct settle_process {
  reply<process_record> done;
};
/// Write to its standard input; see `process_client::write_input`.
struct write_process_input {
  std::string bytes;
  bool close = false;
  reply<input_written> done;
};
/// To itself: it is no longer young.
struct process_settled {};
/// From the I/O threads: it runs.
struct process_started {
  command_control control;
};
/// From the I/O threads: it ended.
struct process_ended {
  int exit_code = 0;
};
/// From the I/O threads, or its session: it could not be started, or was lost with the session.
struct process_failed {
  failure reason;
};
/// From the I/O threads: nothing is left of what a kill had to end.
struct process_gone {};
/// To itself: its time is over.
struct process_overdue {};
using process_actor = caf::typed_actor< //
    caf::reacts_to<process_started>, caf::reacts_to<process_ended>, caf::reacts_to<process_failed>,
    caf::reacts_to<kill_process>, caf::reacts_to<write_process_input>, caf::reacts_to<settle_process>,
    caf::reacts_to<process_settled>, caf::reacts_to<process_gone>, caf::reacts_to<process_overdue>>;

// --- clones ---

/// What a checkout actor begins with.
struct start_checkout {
  checkout_request request;
  progress_sink on_progress;
  reply<git::clone_result> done;
  /// Whether nobody wants it any more; also before it has begun.
  std::shared_ptr<std::atomic<bool>> called_off;
  /// Its share of `git.max-concurrent`.
  std::shared_ptr<const void> permit;
};
/// Nobody wants the clone any more.
struct cancel_checkout {};
/// From the I/O threads: how far the helper is.
struct checkout_progressed {
  git::clone_progress progress;
};
/// From the I/O threads: what came of it.
struct checkout_told {
  git::clone_result result;
};
/// To itself: what was to end had time enough.
struct checkout_given_up {};
/// The other messages are those of a background process, which the helper is to its session.
using checkout_actor = caf::typed_actor< //
    caf::reacts_to<process_started>, caf::reacts_to<checkout_progressed>, caf::reacts_to<checkout_told>,
    caf::reacts_to<process_ended>, caf::reacts_to<process_failed>, caf::reacts_to<process_gone>,
    caf::reacts_to<process_overdue>, caf::reacts_to<cancel_checkout>, caf::reacts_to<checkout_given_up>>;

// --- files: a pool of workers that may block ---

/// To a worker: tell the pool when you have nothing to do.
struct tell_when_idle {};
using file_worker_actor = caf::typed_actor<caf::reacts_to<blocking_task>, caf::reacts_to<tell_when_idle>>;

/// From a worker: it has nothing to do.
struct worker_idle {
  file_worker_actor worker;
};
/// To itself: does something take too long?
struct look_for_overdue {};
using file_pool_actor = caf::typed_actor< //
    caf::reacts_to<blocking_task>, caf::reacts_to<worker_idle>, caf::reacts_to<look_for_overdue>>;

// --- ports: which are exposed, and which serve ---

/// To the registry: enter a port.
struct expose_port {
  std::uint16_t port = 0;
  std::string name;
  if_exposed existing = if_exposed::refuse;
  reply<ports::exposed_port> done;
};
/// To the registry: take it out.
struct unexpose_port {
  std::uint16_t port = 0;
  reply<ports::exposed_port> done;
};
/// To the registry: start a wait for a service. It ends when nobody holds `interest` any more.
struct watch_port {
  port_watch_request request;
  std::weak_ptr<const void> interest;
  reply<port_watch_result> done;
};
using port_registry_actor = caf::typed_actor< //
    caf::reacts_to<expose_port>, caf::reacts_to<unexpose_port>, caf::reacts_to<watch_port>>;

/// To itself: the pause between two probes is over.
struct probe_now {};
/// From the I/O threads: what the service answered.
struct port_probed {
  ports::probe_result result;
};
/// From the I/O threads, or the process: the process that was to serve has ended.
struct watched_process_ended {};
using port_watch_actor = caf::typed_actor< //
    caf::reacts_to<probe_now>, caf::reacts_to<port_probed>, caf::reacts_to<watched_process_ended>>;

// --- watches: changes of files ---

/// Have a path watched. `wanted`: normalized.
struct subscribe_watch {
  watch_options wanted;
  watch_reader_handle reader;
};
/// Compare a path with how it was; see `watch_client::check`.
struct check_watch {
  watch_options wanted;
  std::optional<watch_version> since;
  reply<watch_check> done;
  bool created = false; ///< set by the registry: the watch was made for this
};
/// From a worker: this has come of a turn, or it was not done.
struct watch_turned {
  result_of<files::watch_turn> outcome;
};
/// From the I/O threads: there is something for a turn.
struct watch_readable {};
/// To itself: try again to have a turn.
struct turn_watch {};
/// From a reader: it has room for a batch.
struct reader_takes_more {
  std::uint64_t number = 0;
};
/// From a reader: it is gone.
struct reader_left {
  std::uint64_t number = 0;
};
/// To itself: give out what has been collected.
struct flush_watch {};
/// To itself: the setup has taken its time.
struct watch_setup_overdue {};
/// To itself: is anybody still interested?
struct watch_may_expire {};
/// From the registry: no further request comes.
struct end_watch {};
using watch_actor = caf::typed_actor< //
    caf::reacts_to<subscribe_watch>, caf::reacts_to<check_watch>, caf::reacts_to<watch_turned>,
    caf::reacts_to<watch_readable>, caf::reacts_to<turn_watch>, caf::reacts_to<reader_takes_more>,
    caf::reacts_to<reader_left>, caf::reacts_to<flush_watch>, caf::reacts_to<watch_setup_overdue>,
    caf::reacts_to<watch_may_expire>, caf::reacts_to<end_watch>>;

/// From a watch: it is over, and sends back what comes to it from now on.
struct watch_over {
  watch_actor watch;
};
using watch_registry_actor = caf::typed_actor< //
    caf::reacts_to<subscribe_watch>, caf::reacts_to<check_watch>, caf::reacts_to<watch_over>>;

// --- code interpreter ---

/// From the I/O threads: the fork server takes requests.
struct fork_server_ready {
  std::uint64_t generation = 0;
  std::string version;
  std::string missing; ///< a line for each module that could not be imported
};
/// From the I/O threads, and to itself when no status has followed: it could not be started, or is gone.
struct fork_server_lost {
  std::uint64_t generation = 0;
  std::string problem;     ///< empty: it has ended without a word; its status may follow
  bool no_program = false; ///< there is nothing that could run one
};
/// From the pool: start one, unless there is one, or the pause after one that ended is not over.
struct start_fork_server {};
/// To itself: it is over.
struct fork_server_pause_over {};
/// From the I/O threads: packages were installed, upgraded or removed since it imported its own.
struct fork_server_stale {
  std::uint64_t generation = 0;
};
/// To itself: the candidate, or the init it waits for, has had its time to start.
struct fork_server_overdue {
  std::uint64_t generation = 0;
};
/// Put a new one in its place, which sees the packages as they are; `done` gets its Python version.
struct reload_fork_server {
  reply<std::string> done;
};
using fork_server_actor = caf::typed_actor< //
    caf::reacts_to<init_ready>, caf::reacts_to<init_lost>, caf::reacts_to<fork_server_ready>,
    caf::reacts_to<fork_server_lost>, caf::reacts_to<start_fork_server>,
    caf::reacts_to<fork_server_pause_over>, caf::reacts_to<fork_server_stale>,
    caf::reacts_to<fork_server_overdue>, caf::reacts_to<reload_fork_server>>;

/// A fork server that takes requests. `isolated`: its forks have namespaces of their own.
struct fork_server_handle {
  std::shared_ptr<launcher::fork_server_link> link;
  bool isolated = false;
};

/// From the I/O threads: the executor takes requests; with the version of its interpreter, or without.
struct executor_is_up {
  std::string version;
};
/// From the I/O threads: it is gone, for this reason. `blameless`: nothing that it has run brought that
/// about.
struct executor_is_gone {
  std::string cause;
  bool blameless = false;
};
/// From the I/O threads: it will be gone, since there is no program to run it.
struct executor_has_no_program {};
/// To itself: it has had its time to start.
struct executor_overdue {};
/// The first two are of an executor with an init of its own.
using executor_actor = caf::typed_actor< //
    caf::reacts_to<init_ready>, caf::reacts_to<init_lost>, caf::reacts_to<executor_is_up>,
    caf::reacts_to<executor_is_gone>, caf::reacts_to<executor_has_no_program>,
    caf::reacts_to<executor_overdue>>;

/// To the pool: an executor that nobody else uses, for as long as the caller wants it.
struct lease_executor {
  reply<lent_executor> done;
};
/// From an executor: it may be lent.
struct executor_joins {
  lent_executor executor;
};
/// From an executor: it is gone.
struct executor_leaves {
  std::uint64_t number = 0;
  std::string cause;
  bool was_ready = false;  ///< it had joined
  bool no_program = false; ///< there is nothing that could run one
  bool blameless = false;  ///< `executor_is_gone`
};
/// From the fork server: fork this one's. Without a link there is none: `refusal` is for whoever wants an
/// executor; absent: one may come, if it is asked for.
struct fork_server_changed {
  fork_server_handle server;
  std::optional<failure> refusal;
};
/// From a context: a run came to its end in the executor of this number, which survived it or did not.
struct run_ended {
  std::uint64_t number = 0;
  bool survived = true;
};
/// From people: open the circuit by hand, or close it.
struct turn_breaker {
  bool trip = false;
};
/// To itself: look after the bounds.
struct tend_pool {};
using executor_pool_actor = caf::typed_actor< //
    caf::reacts_to<lease_executor>, caf::reacts_to<executor_joins>, caf::reacts_to<executor_leaves>,
    caf::reacts_to<fork_server_changed>, caf::reacts_to<run_ended>, caf::reacts_to<turn_breaker>,
    caf::reacts_to<tend_pool>>;

/// To the transpiler: make JavaScript of TypeScript.
struct transpile {
  std::string code;
  reply<interpreters::transpiled_code> done;
};
/// From the I/O threads: what it says.
struct transpiler_says {
  std::uint64_t generation = 0;
  std::string text;
};
/// From the I/O threads: it is gone.
struct transpiler_lost {
  std::uint64_t generation = 0;
  std::string problem;
};
/// To itself: start one (again).
struct start_transpiler {};
/// To itself: has one of those who wait waited too long?
struct look_for_late_code {};
using transpiler_actor = caf::typed_actor< //
    caf::reacts_to<transpile>, caf::reacts_to<init_ready>, caf::reacts_to<init_lost>,
    caf::reacts_to<transpiler_says>, caf::reacts_to<transpiler_lost>, caf::reacts_to<start_transpiler>,
    caf::reacts_to<look_for_late_code>>;

/// To a context: run code when its turn comes.
struct run_code {
  run_request request;
  run_handle observer;
  std::shared_ptr<const void> room;      ///< in the budget of commands and code, as long as it waits or runs
  supervision::trace_origin origin = {}; ///< for what it is run
};
/// Interrupt the run that is under way, if one is.
struct interrupt_context {
  reply<context_record> done;
};
/// Give it a new executor; what runs or waits ends.
struct restart_context {
  reply<context_record> done;
};
/// End it and its executor; what runs or waits ends.
struct end_context {
  reply<std::string> done;
};
/// To itself: there is an executor, or none to be had.
struct executor_leased {
  std::uint64_t attempt = 0;
  result_of<lent_executor> outcome;
};
/// From the I/O threads: its executor is gone.
struct context_lost_executor {
  std::uint64_t number = 0;
  std::string cause;
  bool blameless = false; ///< `executor_is_gone`
};
/// To itself: it has been without an executor for long enough, after too many were lost.
struct context_has_rested {};
/// To itself: the code of the next run is JavaScript now, or is not to be had.
struct code_transpiled {
  std::uint64_t run = 0;
  result_of<interpreters::transpiled_code> outcome;
};
/// From the I/O threads: the run has ended in the executor of this number.
struct run_is_over {
  std::uint64_t run = 0;
  std::uint64_t executor = 0;
  run_end end = run_end::survived;
};
using code_context_actor = caf::typed_actor< //
    caf::reacts_to<run_code>, caf::reacts_to<interrupt_context>, caf::reacts_to<restart_context>,
    caf::reacts_to<end_context>, caf::reacts_to<executor_leased>, caf::reacts_to<context_lost_executor>,
    caf::reacts_to<context_has_rested>, caf::reacts_to<code_transpiled>, caf::reacts_to<run_is_over>>;

/// To the manager: make a context.
struct create_context {
  context_options options;
  std::shared_ptr<const void> room; ///< for these, in the budget of commands and code
  reply<context_record> done;
};
using context_manager_actor = caf::typed_actor<caf::reacts_to<create_context>>;

// --- session manager: who is who ---

/// Make a session; see `sandbox_client::create_session`.
struct create_session {
  session_options options;
  if_exists existing = if_exists::refuse;
  reply<session_created> done;
};
/// Name all sessions.
struct list_sessions {
  reply<std::vector<std::string>> done;
};
/// End a session.
struct delete_session {
  std::string id;
  reply<std::string> done;
};

using session_manager_actor = caf::typed_actor< //
    caf::reacts_to<create_session>, caf::reacts_to<list_sessions>, caf::reacts_to<delete_session>,
    caf::reacts_to<run_command>, caf::reacts_to<locate_files>>;

} // namespace sandboxd::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::spawn_init)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::init_socket)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::start_spawner)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::spawner_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::spawner_reported)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::spawner_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::spawner_died)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::get_init)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::init_handle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::init_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::init_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::shell_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::shell_at_prompt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::shell_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::run_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::get_shell_start)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::shell_start)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::shell_is_free)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::shell_is_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::stream_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::restart_shell)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::close_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::get_session_options)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::is_blank)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::session_options)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::start_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::kill_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::write_process_input)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::settle_process)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::process_settled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::process_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::process_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::process_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::process_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::process_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::start_checkout)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::cancel_checkout)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::checkout_progressed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::checkout_told)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::checkout_given_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::blocking_task)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::tell_when_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::worker_idle)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::look_for_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::subscribe_watch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::check_watch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::watch_turned)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::watch_readable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::turn_watch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::reader_takes_more)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::reader_left)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::flush_watch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::watch_setup_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::watch_may_expire)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::end_watch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::watch_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::locate_files)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::expose_port)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::unexpose_port)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::watch_port)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::probe_now)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::port_probed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::watched_process_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::fork_server_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::fork_server_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::start_fork_server)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::fork_server_pause_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::fork_server_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::fork_server_stale)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::reload_fork_server)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::executor_is_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::executor_is_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::executor_has_no_program)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::executor_overdue)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::lease_executor)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::executor_joins)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::executor_leaves)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::fork_server_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::run_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::turn_breaker)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::tend_pool)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::transpile)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::transpiler_says)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::transpiler_lost)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::start_transpiler)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::look_for_late_code)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::run_code)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::interrupt_context)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::restart_context)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::end_context)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::executor_leased)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::context_has_rested)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::context_lost_executor)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::code_transpiled)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::run_is_over)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::create_context)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::create_session)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::list_sessions)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::actors::delete_session)
