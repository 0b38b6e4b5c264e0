#pragma once

#include <chrono>
#include <cstdint>
#include <string>

/// The effective settings of one daemon: plain data, filled by `config::load` and handed to everybody by
/// value or const reference. The default of every member stands here; its key, bounds, environment variable
/// and one-line description stand in the one table of `config/table.cpp`.
///
/// Units: a member of type `std::chrono::milliseconds` is a duration, a member whose name ends in `_bytes` is
/// a size in bytes, every other number is a count. Where 0 has a special meaning (no limit, off) the member
/// says so.
namespace sandboxd::config {

/// Which client generation the server answers to (HTTP.md section 2).
enum class http_dialect {
  automatic, ///< learn it from the requests
  a,         ///< SDK 0.3.x
  b,         ///< SDK 0.4.x to 0.12.x
};

/// What keeps workloads (sessions, processes, code contexts, clones) from each other and from the daemon.
enum class isolation_level {
  none,       ///< nothing
  namespaces, ///< namespaces of their own, and no more privileges than they need
  strict,     ///< besides: no network but their own, no way to change the system
};

/// What workloads may reach beyond the services of the sandbox.
enum class network_egress {
  open,   ///< whatever the machine reaches
  none,   ///< nothing
  listed, ///< what `network.allow` lists
};

/// From the most talkative to the most silent.
enum class log_level { debug, info, warn, error };

/// How a line of the log is written.
enum class log_format {
  json, ///< one JSON object per line
  text, ///< one line for human eyes
};

/// Who may connect to a Unix socket, besides root.
enum class socket_access {
  owner, ///< the user that the daemon runs as
  group, ///< the group of the file, too
};

/// Listeners, limits and clocks of the HTTP front end.
struct http_settings {
  std::string address = "127.0.0.1";
  std::uint16_t port = 3000; ///< 0 = the system chooses a free one
  std::string unix_socket;   ///< path of a Unix socket to listen on besides; empty = none
  socket_access unix_socket_mode = socket_access::owner;
  std::string token_file;     ///< whose content clients may bring, `Authorization: Bearer ...`; empty = none
  bool require_token = false; ///< of clients on other machines, too
  bool admit_workloads = false; ///< what runs in the sandbox may use the interface
  std::uint64_t io_threads = 1;
  http_dialect dialect = http_dialect::automatic;
  std::uint64_t max_connections = 4096;
  std::uint64_t max_url_bytes = 8ull << 10;
  std::uint64_t max_header_bytes = 64ull << 10;
  std::uint64_t max_header_fields = 128;
  std::uint64_t max_body_bytes = 512ull << 20;
  std::uint64_t max_buffered_bytes = 1ull << 30; ///< request bytes held in memory, all connections together
  std::uint64_t max_json_depth = 64;
  std::chrono::milliseconds header_timeout = std::chrono::seconds(10); ///< for a whole request head
  std::chrono::milliseconds body_timeout = std::chrono::seconds(30);   ///< in which a body must make progress
  std::uint64_t min_body_bytes_per_second = 1024;                      ///< over each `body_timeout`
  std::chrono::milliseconds idle_timeout = std::chrono::seconds(300);  ///< of a kept-alive connection
  std::chrono::milliseconds keepalive_comment_interval = std::chrono::seconds(20);
  std::chrono::milliseconds stream_stall_timeout = std::chrono::seconds(60);
  std::uint64_t stream_window_bytes = 256ull << 10; ///< credit of one stream
  std::uint64_t socket_send_buffer_bytes = 256ull << 10;
};

/// The sandbox as a whole.
struct sandbox_settings {
  std::string workspace = "/workspace";
  std::string runtime_directory = "/run/sandbox";
  /// Where the programs are that the daemon starts (`launcher`, `git`, `interpreters`); empty: where its own
  /// is.
  std::string program_directory;
  std::string version =
      "0.12.10";            ///< what /api/version answers: a release of the SDK that this server serves
  std::string placement_id; ///< empty = unknown, `null` on the wire
  std::chrono::milliseconds shutdown_grace = std::chrono::seconds(5);
  bool raw_command_stdio =
      false;                    ///< the supervised command inherits stdout and stderr instead of being logged
  bool intercept_https = false; ///< wait for the platform's CA certificate and have every child trust it
  std::string ca_certificate = "/etc/cloudflare/certs/cloudflare-containers-ca.crt";
};

/// Sessions and the commands run in them.
struct session_settings {
  std::uint64_t max_sessions = 10'000;
  std::uint64_t max_sessionless_commands = 1000;      ///< at a time
  std::chrono::milliseconds command_timeout{0};       ///< 0 = no limit
  std::uint64_t max_queued_commands = 1024;           ///< per session
  std::uint64_t commands_budget_bytes = 256ull << 20; ///< text and variables, all sessions together
  std::uint64_t max_streams = 64;                     ///< that run beside the commands of one session
  std::uint64_t max_background_outputs =
      256; ///< of one session, read on for background jobs after their command
  std::uint64_t max_command_bytes = 64ull << 20;
  std::uint64_t output_memory_bytes = 64ull << 20;         ///< per stream; what is beyond goes to disk
  std::uint64_t output_max_bytes = 1ull << 30;             ///< per stream; what is beyond is cut, with a mark
  std::uint64_t output_memory_budget_bytes = 512ull << 20; ///< in memory, all commands together
  std::uint64_t spill_budget_bytes = 8ull << 30;           ///< on disk, all sessions together
  std::string spill_directory = "/var/tmp"; ///< of unnamed files; best on a disk, not in memory
  std::chrono::milliseconds kill_grace = std::chrono::seconds(5); ///< between SIGTERM and SIGKILL
  std::chrono::milliseconds start_timeout = std::chrono::seconds(10);
  std::string shell = "/bin/bash";
};

/// Workloads apart from each other and from the daemon.
struct isolation_settings {
  isolation_level level = isolation_level::namespaces;
  bool fallback = true; ///< go without namespaces where the kernel refuses them; false = refuse the session
  bool allow_mounts = false; ///< workloads may mount file systems, and keep CAP_SYS_ADMIN
  /// Where workloads may write besides the workspace when the level is strict, separated by commas.
  std::string writable = "/tmp,/var/tmp,/root,/home";
  std::uint64_t private_tmp_bytes = 0; ///< of each session and code context; 0 = all share the machine's /tmp
  std::uint64_t memory = 0;            ///< of one workload; 0 = no limit of its own
  std::uint64_t processes = 4096;      ///< and threads, of one workload; 0 = no limit of its own
  std::uint64_t cpu_percent = 0;       ///< of one workload, 100 = one processor; 0 = no limit of its own
  std::uint64_t reserved_memory = 64ull << 20; ///< kept from all workloads together
  std::uint64_t reserved_processes = 256;      ///< and threads, the same
  bool favor_group_moves = true;               ///< ask the kernel for fast moves between control groups
};

/// The network as workloads have it.
struct network_settings {
  network_egress egress = network_egress::open;
  std::string allow; ///< destinations (`config/destination.hpp`), separated by commas
  std::chrono::milliseconds resolve_interval = std::chrono::seconds(60); ///< of the names among them
};

/// Operations on files.
struct file_settings {
  std::uint64_t workers = 4;       ///< operations at a time
  std::uint64_t max_queued = 1024; ///< operations that wait for a worker
  std::chrono::milliseconds operation_timeout = std::chrono::seconds(60);
  std::uint64_t max_read_bytes = 32ull << 20;       ///< of a file that is read whole
  std::uint64_t max_list_entries = 1'000'000;       ///< of one listing
  std::uint64_t memory_budget_bytes = 512ull << 20; ///< of what is read and written, all operations together
};

/// Background processes.
struct process_settings {
  std::uint64_t max_running = 1000;
  std::uint64_t max_finished = 2000;              ///< whose records and output are kept
  std::uint64_t output_memory_bytes = 1ull << 20; ///< newest output of each stream
  std::uint64_t output_spill_bytes = 64ull << 20; ///< what was before it, on disk, of each stream
  std::uint64_t spill_budget_bytes = 4ull << 30;  ///< on disk, all processes together
  std::uint64_t input_waiting_bytes = 1ull << 20; ///< for the standard input of one process, until it reads
  std::chrono::milliseconds input_timeout = std::chrono::seconds(30); ///< for the process to read them
  bool honour_timeout = true; ///< end a process when the time its client gave is over
};

/// Ports of services in the sandbox.
struct port_settings {
  std::uint64_t max_exposed = 1000;
  std::uint64_t max_watches = 256;         ///< waits for a service, at a time
  std::uint64_t max_relayed = 256;         ///< connections relayed at a time
  std::uint64_t max_idle_connections = 64; ///< to services, kept for further requests
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);    ///< of the relay, to a service
  std::chrono::milliseconds response_timeout = std::chrono::seconds(100); ///< until a service answers
};

/// Clones of repositories.
struct git_settings {
  std::string allowed_schemes = "https,http,ssh,git,file"; ///< `file` is also a path
  std::uint64_t max_concurrent = 32;
  std::chrono::milliseconds default_timeout = std::chrono::minutes(10); ///< HTTP.md 7
  std::chrono::milliseconds max_timeout = std::chrono::hours(24);       ///< that a client may ask for
};

/// Watches for changes of files.
struct watch_settings {
  std::uint64_t max_watches = 100;         ///< different ones at a time
  std::uint64_t max_subscribers = 1000;    ///< readers of all watches together
  std::uint64_t max_directories = 100'000; ///< of one watch
  std::uint64_t max_pending_events = 1000; ///< of one reader; what is beyond is dropped
  std::chrono::milliseconds setup_timeout = std::chrono::seconds(10);
  std::chrono::milliseconds retention =
      std::chrono::minutes(10); ///< of one that was checked, after its last use
};

/// The spawner, which creates every OS process.
struct launcher_settings {
  std::chrono::milliseconds spawn_timeout = std::chrono::seconds(10);
  std::uint64_t max_waiting_requests = 1024;
};

/// Restart windows, backoff and journal of the supervision tree.
struct supervision_settings {
  std::uint64_t intensity = 5;                                         ///< restarts within `period`
  std::chrono::milliseconds period = std::chrono::seconds(10);         ///< of the static part of the tree
  std::uint64_t session_intensity = 10;                                ///< restarts of one shell
  std::chrono::milliseconds session_period = std::chrono::seconds(10); ///< window of the above
  std::uint64_t context_intensity = 3;                                 ///< executors one context may lose
  std::chrono::milliseconds context_period = std::chrono::seconds(10); ///< window of the above
  std::chrono::milliseconds backoff_base{50};
  std::chrono::milliseconds backoff_max = std::chrono::seconds(10);
  std::uint64_t journal_size = 1024; ///< lifecycle events kept
};

/// CAF's scheduler.
struct scheduler_settings {
  std::uint64_t threads = 2;
  std::uint64_t max_throughput = 100; ///< messages an actor handles before it yields; 0 = no limit
};

/// The daemon's log on standard error.
struct log_settings {
  log_level level = log_level::info;
  log_format format = log_format::json;
  std::uint64_t queue_bytes = 16ull << 20; ///< memory of the lines that wait to be written
};

/// Executors of one language.
struct pool_settings {
  std::uint64_t min_size = 3; ///< started ahead; 0 = none
  std::uint64_t max_size = 0; ///< all, those in use too; 0 = no limit
};

/// The code interpreter.
struct interpreter_settings {
  pool_settings python;
  pool_settings javascript;
  pool_settings typescript;
  std::chrono::milliseconds idle_timeout =
      std::chrono::minutes(5); ///< of an unused executor above the minimum
  std::chrono::milliseconds start_timeout = std::chrono::seconds(60);
  std::chrono::milliseconds execution_timeout{0}; ///< 0 = no limit
  /// Between the interrupt by a timeout and the end of the executor.
  std::chrono::milliseconds interrupt_grace{2000};
  bool interrupt_when_left = true;        ///< a run whose client has gone
  std::string python_program = "python3"; ///< looked for in PATH
  std::string node_program = "node";      ///< likewise
  /// Modules the fork server imports, separated by commas.
  std::string python_preload = "numpy,pandas,matplotlib.pyplot";
  bool python_reload = true;                      ///< another fork server when packages have changed
  std::uint64_t python_memory_bytes = 4ull << 30; ///< of data of one executor; 0 = no limit
  std::uint64_t node_heap_bytes = 2ull << 30;     ///< of JavaScript objects of one executor; 0 = Node's own
  std::uint64_t result_max_bytes = 8u << 20;      ///< of one value of a result
  std::uint64_t failures_to_open = 5;             ///< executors lost in a row, until the circuit opens
  std::chrono::milliseconds open_time = std::chrono::seconds(30);
  std::uint64_t trials_to_close = 3;
  std::uint64_t max_contexts = 1000;
  std::uint64_t max_waiting_runs = 100; ///< of one context
};

/// The inspector: what shows and steers the running tree.
struct inspector_settings {
  bool enabled = true;
  std::string address = "127.0.0.1";
  std::uint16_t port = 7676;    ///< 0 = the system chooses a free one
  bool admit_workloads = false; ///< what runs in the sandbox may use it
  std::uint64_t max_connections = 64;
  std::string journal_file; ///< empty = the journal ends with the daemon
  std::uint64_t journal_file_bytes = 4u << 20;
  std::uint64_t traces_kept = 500;      ///< of requests that have ended; 0: none is traced
  std::uint64_t traces_per_second = 20; ///< requests traced each second; 0: those that ask for it
};

/// All of them.
struct settings {
  http_settings http;
  sandbox_settings sandbox;
  session_settings session;
  isolation_settings isolation;
  network_settings network;
  file_settings files;
  process_settings process;
  port_settings ports;
  git_settings git;
  watch_settings watch;
  launcher_settings launcher;
  supervision_settings supervision;
  scheduler_settings scheduler;
  log_settings log;
  interpreter_settings interpreter;
  inspector_settings inspector;
};

} // namespace sandboxd::config
