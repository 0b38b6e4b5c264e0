#include "config/table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace sandboxd::config {

namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t operator""_KiB(unsigned long long n) {
  return n << 10;
}
constexpr std::uint64_t operator""_MiB(unsigned long long n) {
  return n << 20;
}
constexpr std::uint64_t operator""_GiB(unsigned long long n) {
  return n << 30;
}
constexpr std::uint64_t operator""_ms(unsigned long long n) {
  return n;
}
constexpr std::uint64_t operator""_s(unsigned long long n) {
  return n * 1000;
}
constexpr std::uint64_t operator""_min(unsigned long long n) {
  return n * 60'000;
}
constexpr std::uint64_t operator""_h(unsigned long long n) {
  return n * 3'600'000;
}

constexpr bool live = true;
constexpr bool at_start = false;

// clang-format off
// A member of `settings`, readable and writable.
#define MEMBER(path) ([](auto& all) -> auto& { return all.path; })
// clang-format on

template <class Member>
value read_member(const Member& member) {
  if constexpr (std::same_as<Member, milliseconds>)
    return static_cast<std::uint64_t>(member.count());
  else if constexpr (std::same_as<Member, bool> || std::same_as<Member, std::string>)
    return member;
  else
    return std::uint64_t{member};
}

template <class Member>
void write_member(Member& member, const value& what) {
  if constexpr (std::same_as<Member, milliseconds>)
    member = milliseconds(static_cast<milliseconds::rep>(std::get<std::uint64_t>(what)));
  else if constexpr (std::same_as<Member, bool> || std::same_as<Member, std::string>)
    member = std::get<Member>(what);
  else
    member = static_cast<Member>(std::get<std::uint64_t>(what));
}

template <class Access>
key make_key(std::string_view name, Access access, domain allowed, bool is_live,
             std::string_view documentation, known_variable variable) {
  return {name,
          std::move(allowed),
          is_live,
          variable,
          documentation,
          [access](const settings& all) { return read_member(access(all)); },
          [access](settings& all, const value& what) { write_member(access(all), what); }};
}

template <class Access>
key count(std::string_view name, Access access, std::uint64_t minimum, std::uint64_t maximum, bool is_live,
          std::string_view documentation, std::string_view zero_means = {}, known_variable variable = {}) {
  return make_key(name, access, {kind::count, minimum, maximum, zero_means}, is_live, documentation,
                  variable);
}

template <class Access>
key size(std::string_view name, Access access, std::uint64_t minimum, std::uint64_t maximum, bool is_live,
         std::string_view documentation, std::string_view zero_means = {}) {
  return make_key(name, access, {kind::size, minimum, maximum, zero_means}, is_live, documentation, {});
}

template <class Access>
key duration(std::string_view name, Access access, std::uint64_t minimum, std::uint64_t maximum, bool is_live,
             std::string_view documentation, std::string_view zero_means = {}, known_variable variable = {}) {
  return make_key(name, access, {kind::duration, minimum, maximum, zero_means}, is_live, documentation,
                  variable);
}

/// For the windows of restarts, which OTP counts in seconds.
template <class Access>
key whole_seconds(std::string_view name, Access access, std::uint64_t maximum,
                  std::string_view documentation) {
  return make_key(name, access, {.type = kind::duration, .minimum = 1_s, .maximum = maximum, .step = 1_s},
                  at_start, documentation, {});
}

template <class Access>
key boolean(std::string_view name, Access access, bool is_live, std::string_view documentation,
            known_variable variable = {}) {
  return make_key(name, access, {kind::boolean}, is_live, documentation, variable);
}

template <class Access>
key text(std::string_view name, Access access, kind type, std::uint64_t minimum, std::uint64_t maximum,
         std::string_view documentation, known_variable variable = {}) {
  return make_key(name, access, {type, minimum, maximum}, at_start, documentation, variable);
}

/// `words` in the order of the enumerators.
template <class Access>
key word(std::string_view name, Access access, const std::vector<std::string_view>& words, bool is_live,
         std::string_view documentation, known_variable variable = {}) {
  using enumeration = std::remove_cvref_t<decltype(access(std::declval<settings&>()))>;
  auto get = [access, words](const settings& all) {
    return value{std::string(words.at(static_cast<std::size_t>(access(all))))};
  };
  auto set = [access, words](settings& all, const value& what) {
    const auto position = std::ranges::find(words, std::get<std::string>(what)) - words.begin();
    access(all) = static_cast<enumeration>(position);
  };
  return {
      name,          {.type = kind::word, .words = words}, is_live, variable, documentation, std::move(get),
      std::move(set)};
}

/// The `_MS` variables hold bare milliseconds.
std::string bare_milliseconds(std::string_view text) {
  return std::string(text) + "ms";
}

/// "on (anything but 0)" and "off unless 1" (HTTP.md 16.1).
std::string anything_but_zero(std::string_view text) {
  return text == "0" ? "false" : "true";
}
std::string only_one(std::string_view text) {
  return text == "1" ? "true" : "false";
}

/// The reference calls the format for human eyes `pretty`.
std::string pretty_is_text(std::string_view text) {
  return text == "pretty" ? "text" : std::string(text);
}

const std::vector<key>& all_keys() {
  // clang-format off
  static const std::vector<key> keys{
    text("http.address", MEMBER(http.address), kind::address, 2, 45,
         "Address to listen on"),
    count("http.port", MEMBER(http.port), 0, 65'535, at_start,
          "TCP port to listen on; the one in use is on the first line of standard output", "the system chooses"),
    text("http.unix-socket", MEMBER(http.unix_socket), kind::text, 0, 107,
         "Path of a Unix socket to listen on besides, out of reach of workloads if possible; empty = none"),
    word("http.unix-socket-mode", MEMBER(http.unix_socket_mode), {"0600", "0660"}, at_start,
         "Permissions of that socket's file: for the owner alone, or for its group as well"),
    text("http.token-file", MEMBER(http.token_file), kind::text, 0, 4096,
         "File with a token; who brings it (Authorization: Bearer TOKEN) counts as a client, wherever it comes from"),
    boolean("http.require-token", MEMBER(http.require_token), at_start,
            "Whether every client has to bring the token"),
    boolean("http.admit-workloads", MEMBER(http.admit_workloads), at_start,
            "Whether what runs in the sandbox may use this interface like a client"),
    count("http.io-threads", MEMBER(http.io_threads), 1, 64, at_start,
          "Threads that read and write sockets and pipes"),
    word("http.dialect", MEMBER(http.dialect), {"auto", "a", "b"}, at_start,
         "Client generation to answer to: a is SDK 0.3, b is SDK 0.4 and later, auto learns it from the requests",
         {"SANDBOX_HTTP_DIALECT"}),
    count("http.max-connections", MEMBER(http.max_connections), 1, 1'000'000, at_start,
          "Connections open at a time; for a further one the one idle for longest is closed, else it waits"),
    size("http.max-url-bytes", MEMBER(http.max_url_bytes), 256, 64_KiB, at_start,
         "Longest URL; a longer one is answered 414"),
    size("http.max-header-bytes", MEMBER(http.max_header_bytes), 1_KiB, 1_MiB, at_start,
         "Longest request head, all fields together; a longer one is answered 431"),
    count("http.max-header-fields", MEMBER(http.max_header_fields), 8, 10'000, at_start,
          "Header fields of a request; more are answered 431"),
    size("http.max-body-bytes", MEMBER(http.max_body_bytes), 1_KiB, 16_GiB, at_start,
         "Longest request body; a longer one is answered 413"),
    size("http.max-buffered-bytes", MEMBER(http.max_buffered_bytes), 1_MiB, 1024_GiB, at_start,
         "Request bytes held in memory at a time, all connections together"),
    count("http.max-json-depth", MEMBER(http.max_json_depth), 4, 512, at_start,
          "Deepest nesting of a JSON body; a deeper one is answered 400"),
    duration("http.header-timeout", MEMBER(http.header_timeout), 100_ms, 1_h, at_start,
             "Time for a whole request head to arrive; a slower one is answered 408"),
    duration("http.body-timeout", MEMBER(http.body_timeout), 100_ms, 1_h, at_start,
             "Time in which a request body must make progress; a slower one is answered 408"),
    count("http.min-body-bytes-per-second", MEMBER(http.min_body_bytes_per_second), 1, 1'000'000'000, at_start,
          "Progress of a request body that counts, measured over each body-timeout", "any byte counts"),
    duration("http.idle-timeout", MEMBER(http.idle_timeout), 1_s, 24_h, at_start,
             "Time a kept-alive connection stays open between two requests"),
    duration("http.keepalive-comment-interval", MEMBER(http.keepalive_comment_interval), 100_ms, 10_min, at_start,
             "Time between the comments that keep a quiet event stream open"),
    duration("http.stream-stall-timeout", MEMBER(http.stream_stall_timeout), 100_ms, 24_h, at_start,
             "Time a reader of a stream may take no byte before the stream ends"),
    size("http.stream-window-bytes", MEMBER(http.stream_window_bytes), 4_KiB, 64_MiB, at_start,
         "Bytes of one stream under way between its producer and its socket"),
    size("http.socket-send-buffer-bytes", MEMBER(http.socket_send_buffer_bytes), 4_KiB, 64_MiB, at_start,
         "Send buffer of the kernel for one connection (SO_SNDBUF)"),

    text("sandbox.workspace", MEMBER(sandbox.workspace), kind::path, 1, 4095,
         "Directory in which sessions start; made when it is missing"),
    text("sandbox.runtime-directory", MEMBER(sandbox.runtime_directory), kind::path, 1, 64,
         "Directory in which each daemon makes one of its own (mode 0700) for FIFOs and control files; made if missing"),
    text("sandbox.program-directory", MEMBER(sandbox.program_directory), kind::text, 0, 4096,
         "Where the directories launcher, git and interpreters with our other programs are; empty = where this program is"),
    text("sandbox.version", MEMBER(sandbox.version), kind::text, 1, 256,
         "Version that /api/version tells", {"SANDBOX_VERSION"}),
    text("sandbox.placement-id", MEMBER(sandbox.placement_id), kind::text, 0, 256,
         "Placement that session answers tell; empty = unknown", {"CLOUDFLARE_PLACEMENT_ID"}),
    duration("sandbox.shutdown-grace", MEMBER(sandbox.shutdown_grace), 100_ms, 10_min, at_start,
             "Time everything has to end after SIGTERM before it is killed"),
    boolean("sandbox.raw-command-stdio", MEMBER(sandbox.raw_command_stdio), at_start,
            "Whether the supervised command writes to our own output instead of the log",
            {"SANDBOX_RAW_CHILD_STDIO", only_one}),
    boolean("sandbox.intercept-https", MEMBER(sandbox.intercept_https), at_start,
            "Whether to wait for the platform's CA certificate at start and make every child trust it",
            {"SANDBOX_INTERCEPT_HTTPS", only_one}),
    text("sandbox.ca-certificate", MEMBER(sandbox.ca_certificate), kind::path, 1, 4095,
         "File of that CA certificate", {"SANDBOX_CA_CERT"}),

    count("session.max-sessions", MEMBER(session.max_sessions), 1, 1'000'000, live,
          "Sessions alive at a time"),
    count("session.max-sessionless-commands", MEMBER(session.max_sessionless_commands), 1, 1'000'000, at_start,
          "Commands outside of sessions that run at a time"),
    duration("session.command-timeout", MEMBER(session.command_timeout), 1_ms, 720_h, live,
             "Time limit of a command that names none", "no limit", {"COMMAND_TIMEOUT_MS", bare_milliseconds}),
    count("session.max-queued-commands", MEMBER(session.max_queued_commands), 1, 1'000'000, live,
          "Commands of one session that may wait for their turn"),
    size("session.commands-budget-bytes", MEMBER(session.commands_budget_bytes), 64_KiB, 1024_GiB,
         live, "Text and variables of the commands and code that wait or run, and those contexts were made with, all together"),
    count("session.max-streams", MEMBER(session.max_streams), 1, 10'000, live,
          "Streams that may run beside the commands of one session; a further one is refused"),
    count("session.max-background-outputs", MEMBER(session.max_background_outputs), 2, 100'000, at_start,
          "Outputs of one session that background jobs hold; for a further one the oldest is closed (SIGPIPE)"),
    size("session.max-command-bytes", MEMBER(session.max_command_bytes), 1_KiB, 1_GiB, live,
         "Longest command"),
    size("session.output-memory-bytes", MEMBER(session.output_memory_bytes), 64_KiB, 64_GiB, live,
         "Output of one stream of a command kept in memory; what is beyond goes to disk"),
    size("session.output-max-bytes", MEMBER(session.output_max_bytes), 64_KiB, 1024_GiB, live,
         "Output of one stream of a command kept at all; what is beyond is cut, with a mark"),
    size("session.output-memory-budget-bytes", MEMBER(session.output_memory_budget_bytes), 64_KiB, 1024_GiB, live,
         "Output in memory at a time, all sessions together; what is beyond goes to disk"),
    size("session.spill-budget-bytes", MEMBER(session.spill_budget_bytes), 64_KiB, 1024_GiB, live,
         "Output on disk at a time, all sessions together; what is beyond is cut, with a mark"),
    text("session.spill-directory", MEMBER(session.spill_directory), kind::path, 1, 4095,
         "Directory on a disk for what memory does not keep of outputs of commands and processes, in files without names"),
    duration("session.kill-grace", MEMBER(session.kill_grace), 10_ms, 10_min, live,
             "Time between SIGTERM and SIGKILL when a command or a session ends"),
    duration("session.start-timeout", MEMBER(session.start_timeout), 100_ms, 10_min, at_start,
             "Time a session's shell has to come up"),
    text("session.shell", MEMBER(session.shell), kind::path, 1, 4095,
         "The bash that sessions run"),

    word("isolation.level", MEMBER(isolation.level), {"none", "namespaces", "strict"}, at_start,
         "What workloads are kept apart by: namespaces = also with few privileges, strict = by all there is (docs/security.md); none = nothing"),
    boolean("isolation.fallback", MEMBER(isolation.fallback), at_start,
            "Whether a session goes without namespaces where the kernel refuses them; otherwise it is refused",
            {"ISOLATION_FALLBACK", anything_but_zero}),
    boolean("isolation.allow-mounts", MEMBER(isolation.allow_mounts), at_start,
            "Whether workloads may mount file systems (buckets by s3fs, say); they keep CAP_SYS_ADMIN and cannot be marked"),
    text("isolation.writable", MEMBER(isolation.writable), kind::text, 0, 4096,
         "Directories that workloads may write besides the workspace where the level is strict, separated by commas"),
    size("isolation.private-tmp-bytes", MEMBER(isolation.private_tmp_bytes), 1_MiB, 1024_GiB, at_start,
         "Size of a /tmp in memory that each session and each code context has for itself", "all share one /tmp"),
    size("isolation.memory", MEMBER(isolation.memory), 16_MiB, 1024_GiB, at_start,
         "Memory of one workload (a session, a background process, a code context); beyond it the kernel ends one of its processes",
         "no limit of its own"),
    count("isolation.processes", MEMBER(isolation.processes), 16, 4'194'304, at_start,
          "Processes and threads of one workload; no more can be started beyond", "no limit of its own"),
    count("isolation.cpu-percent", MEMBER(isolation.cpu_percent), 1, 1'000'000, at_start,
          "Processor time of one workload; 100 is one processor", "no limit of its own"),
    size("isolation.reserved-memory", MEMBER(isolation.reserved_memory), 0, 1024_GiB, at_start,
         "Memory that all workloads together leave to the server; a quarter of all at most"),
    count("isolation.reserved-processes", MEMBER(isolation.reserved_processes), 0, 1'000'000, at_start,
          "Processes and threads that all workloads together leave to the server; a quarter of all at most"),
    boolean("isolation.favor-group-moves", MEMBER(isolation.favor_group_moves), at_start,
            "Whether to ask the kernel for fast moves between control groups (favordynmods), which holds for the whole machine"),

    word("network.egress", MEMBER(network.egress), {"open", "none", "listed"}, at_start,
         "What workloads may reach beyond the services of the sandbox: listed = what network.allow lists (docs/security.md)"),
    text("network.allow", MEMBER(network.allow), kind::hosts, 0, 16_KiB,
         "What that is; DNS, too, is only what is listed here, but listed names are looked up for workloads"),
    duration("network.resolve-interval", MEMBER(network.resolve_interval), 1_s, 24_h, at_start,
             "Time after which the names in network.allow are looked up again"),

    count("files.workers", MEMBER(files.workers), 1, 256, at_start,
          "File operations at a time, each on a thread of its own"),
    count("files.max-queued", MEMBER(files.max_queued), 1, 1'000'000, live,
          "File operations that may wait for a worker; a further one is refused"),
    duration("files.operation-timeout", MEMBER(files.operation_timeout), 100_ms, 24_h, live,
             "Time one operation may take or wait before it is answered as busy"),
    size("files.max-read-bytes", MEMBER(files.max_read_bytes), 1_KiB, 1_GiB, live,
         "Size of a file that is answered whole; a larger one is refused (413) but can be streamed; dialect A: http.max-body-bytes"),
    count("files.max-list-entries", MEMBER(files.max_list_entries), 1, 100'000'000, live,
          "Entries of one listing; a directory with more is refused"),
    size("files.memory-budget-bytes", MEMBER(files.memory_budget_bytes), 1_MiB, 1024_GiB, live,
         "Memory for what is read from files and written to them, all operations together; one more is refused"),

    count("process.max-running", MEMBER(process.max_running), 1, 1'000'000, live,
          "Background processes alive at a time; a further one is refused"),
    count("process.max-finished", MEMBER(process.max_finished), 1, 1'000'000, live,
          "Finished background processes whose record and output are kept; the oldest go first"),
    size("process.output-memory-bytes", MEMBER(process.output_memory_bytes), 4_KiB, 1_GiB, live,
         "Newest output of each stream of a process that is kept in memory"),
    size("process.output-spill-bytes", MEMBER(process.output_spill_bytes), 0, 1024_GiB, live,
         "Output of each stream before that which is kept on disk; what is older is dropped"),
    size("process.spill-budget-bytes", MEMBER(process.spill_budget_bytes), 0, 1024_GiB, live,
         "Output of all processes on disk together; beyond it the oldest of the process that writes is dropped"),
    size("process.input-waiting-bytes", MEMBER(process.input_waiting_bytes), 4_KiB, 1_GiB, live,
         "Bytes for the standard input of a process that may wait until it reads; more are refused"),
    duration("process.input-timeout", MEMBER(process.input_timeout), 10_ms, 24_h, live,
             "Time a process has to read what is written to its standard input; what it has not read is dropped"),
    boolean("process.honour-timeout", MEMBER(process.honour_timeout), live,
            "Whether a process ends when the time its client gave is over (the reference ignores it)"),

    count("ports.max-exposed", MEMBER(ports.max_exposed), 1, 65'535, live,
          "Ports that are exposed at a time; a further one is refused"),
    count("ports.max-watches", MEMBER(ports.max_watches), 1, 1'000'000, at_start,
          "Waits for a service at a time; a further one is refused"),
    count("ports.max-relayed", MEMBER(ports.max_relayed), 1, 1'000'000, at_start,
          "Connections that the proxy relays at a time; a further one is refused (503)"),
    count("ports.max-idle-connections", MEMBER(ports.max_idle_connections), 0, 1'000'000, at_start,
          "Connections to services that the proxy keeps for further requests; the oldest go first"),
    duration("ports.connect-timeout", MEMBER(ports.connect_timeout), 10_ms, 1_h, at_start,
             "Time a service has to accept a connection of the proxy (else 504)"),
    duration("ports.response-timeout", MEMBER(ports.response_timeout), 10_ms, 24_h, at_start,
             "Time in which nothing moves until a service begins its answer to the proxy (else 504; 408 if the client sends nothing)"),

    text("git.allowed-schemes", MEMBER(git.allowed_schemes), kind::text, 0, 256,
         "Schemes of the URLs that may be cloned, separated by commas; ssh is also user@host:path, file also a path"),
    count("git.max-concurrent", MEMBER(git.max_concurrent), 1, 10'000, live,
          "Clones under way at a time; a further one is refused"),
    duration("git.default-timeout", MEMBER(git.default_timeout), 100_ms, 720_h, live,
             "Time limit of a clone that names none"),
    duration("git.max-timeout", MEMBER(git.max_timeout), 100_ms, 720_h, live,
             "Longest time limit a client may name for a clone; a longer one is refused (400)"),

    count("watch.max-watches", MEMBER(watch.max_watches), 1, 10'000, at_start,
          "Different watches for changes of files at a time; each takes an inotify instance of the kernel"),
    count("watch.max-subscribers", MEMBER(watch.max_subscribers), 1, 1'000'000, live,
          "Readers of all watches together; a further one is refused"),
    count("watch.max-directories", MEMBER(watch.max_directories), 1, 10'000'000, live,
          "Directories of one watch; with more it ends with an error"),
    count("watch.max-pending-events", MEMBER(watch.max_pending_events), 1, 1'000'000, live,
          "Changes that wait for one reader; what is beyond is dropped and logged"),
    duration("watch.setup-timeout", MEMBER(watch.setup_timeout), 100_ms, 10_min, live,
             "Time in which a watch must have found all directories"),
    duration("watch.retention", MEMBER(watch.retention), 1_s, 24_h, live,
             "Time for which a watch that was only checked is kept after its last use"),

    duration("launcher.spawn-timeout", MEMBER(launcher.spawn_timeout), 100_ms, 10_min, at_start,
             "Time the spawner has to answer a request for a process"),
    count("launcher.max-waiting-requests", MEMBER(launcher.max_waiting_requests), 1, 1'000'000, live,
          "Requests that may wait for a spawner that is busy or being started"),

    count("supervision.intensity", MEMBER(supervision.intensity), 0, 10'000, at_start,
          "Restarts of children within the period before a supervisor gives up"),
    whole_seconds("supervision.period", MEMBER(supervision.period), 24_h,
             "Sliding window in which those restarts are counted"),
    count("supervision.session-intensity", MEMBER(supervision.session_intensity), 0, 10'000, at_start,
          "Restarts of one session's shell within its period before the session is given up"),
    whole_seconds("supervision.session-period", MEMBER(supervision.session_period), 24_h,
             "Sliding window in which those restarts are counted"),
    count("supervision.context-intensity", MEMBER(supervision.context_intensity), 0, 10'000, live,
          "Executors one code context may lose within its period; with one more it gets none for so long"),
    whole_seconds("supervision.context-period", MEMBER(supervision.context_period), 24_h,
             "Sliding window in which those losses are counted"),
    duration("supervision.backoff-base", MEMBER(supervision.backoff_base), 1_ms, 10_min, at_start,
             "First delay of the exponential backoff between restarts of the spawner"),
    duration("supervision.backoff-max", MEMBER(supervision.backoff_max), 1_ms, 1_h, at_start,
             "Longest delay of that backoff"),
    count("supervision.journal-size", MEMBER(supervision.journal_size), 16, 1'000'000, at_start,
          "Lifecycle events kept in the journal; older ones are dropped"),

    count("scheduler.threads", MEMBER(scheduler.threads), 1, 64, at_start,
          "Threads that run actors"),
    count("scheduler.max-throughput", MEMBER(scheduler.max_throughput), 1, 1'000'000, at_start,
          "Messages an actor handles in one turn", "no limit"),

    word("log.level", MEMBER(log.level), {"debug", "info", "warn", "error"}, live,
         "Least severe lines to log", {"SANDBOX_LOG_LEVEL"}),
    word("log.format", MEMBER(log.format), {"json", "text"}, at_start,
         "json = one object per line, text = for human eyes", {"SANDBOX_LOG_FORMAT", pretty_is_text}),
    size("log.queue-bytes", MEMBER(log.queue_bytes), 64_KiB, 1_GiB, at_start,
         "Memory of the lines that wait for the reader of standard error; further ones are dropped and counted"),

    count("interpreter.python-pool-min-size", MEMBER(interpreter.python.min_size), 0, 1000, live,
          "Python executors started ahead", "none", {"PYTHON_POOL_MIN_SIZE"}),
    count("interpreter.python-pool-max-size", MEMBER(interpreter.python.max_size), 1, 10'000, live,
          "Python executors at most, those in use too", "no limit", {"PYTHON_POOL_MAX_SIZE"}),
    count("interpreter.javascript-pool-min-size", MEMBER(interpreter.javascript.min_size), 0, 1000, live,
          "JavaScript executors started ahead", "none", {"JAVASCRIPT_POOL_MIN_SIZE"}),
    count("interpreter.javascript-pool-max-size", MEMBER(interpreter.javascript.max_size), 1, 10'000, live,
          "JavaScript executors at most, those in use too", "no limit", {"JAVASCRIPT_POOL_MAX_SIZE"}),
    count("interpreter.typescript-pool-min-size", MEMBER(interpreter.typescript.min_size), 0, 1000, live,
          "TypeScript executors started ahead", "none", {"TYPESCRIPT_POOL_MIN_SIZE"}),
    count("interpreter.typescript-pool-max-size", MEMBER(interpreter.typescript.max_size), 1, 10'000, live,
          "TypeScript executors at most, those in use too", "no limit", {"TYPESCRIPT_POOL_MAX_SIZE"}),
    duration("interpreter.idle-timeout", MEMBER(interpreter.idle_timeout), 1_s, 24_h, live,
             "Time an unused executor above the minimum is kept"),
    duration("interpreter.start-timeout", MEMBER(interpreter.start_timeout), 100_ms, 1_h, live,
             "Time an executor has to come up", {}, {"INTERPRETER_SPAWN_TIMEOUT_MS", bare_milliseconds}),
    duration("interpreter.execution-timeout", MEMBER(interpreter.execution_timeout), 1_ms, 720_h, live,
             "Time limit of one run of code", "no limit", {"INTERPRETER_EXECUTION_TIMEOUT_MS", bare_milliseconds}),
    duration("interpreter.interrupt-grace", MEMBER(interpreter.interrupt_grace), 1_ms, 10_min, live,
             "Between the interrupt of a run that takes too long and the end of its executor"),
    boolean("interpreter.interrupt-when-left", MEMBER(interpreter.interrupt_when_left), live,
            "Whether a run is interrupted when its client has left"),
    text("interpreter.python-program", MEMBER(interpreter.python_program), kind::text, 1, 4096,
         "Python, looked for in PATH"),
    text("interpreter.node-program", MEMBER(interpreter.node_program), kind::text, 1, 4096,
         "Node, looked for in PATH"),
    text("interpreter.python-preload", MEMBER(interpreter.python_preload), kind::text, 0, 4096,
         "Modules that every Python context has at once, separated by commas"),
    boolean("interpreter.python-reload", MEMBER(interpreter.python_reload), live,
            "Whether new contexts see packages that were installed, upgraded or removed, within some seconds"),
    size("interpreter.python-memory-bytes", MEMBER(interpreter.python_memory_bytes), 1_MiB, 1024_GiB, at_start,
         "Data of one Python executor", "no limit"),
    size("interpreter.node-heap-bytes", MEMBER(interpreter.node_heap_bytes), 16_MiB, 1024_GiB, live,
         "JavaScript objects of one executor", "as Node chooses"),
    size("interpreter.result-max-bytes", MEMBER(interpreter.result_max_bytes), 1_KiB, 64_MiB, live,
         "One value of a result; more is cut or left out, with a mark"),
    count("interpreter.failures-to-open", MEMBER(interpreter.failures_to_open), 1, 1000, at_start,
          "Executors of a language lost in a row until no more are started for a while"),
    duration("interpreter.open-time", MEMBER(interpreter.open_time), 1_ms, 24_h, at_start,
             "How long that while is"),
    count("interpreter.trials-to-close", MEMBER(interpreter.trials_to_close), 1, 1000, at_start,
          "Runs that must go well after it"),
    count("interpreter.max-contexts", MEMBER(interpreter.max_contexts), 1, 100'000, live,
          "Code contexts at a time"),
    count("interpreter.max-waiting-runs", MEMBER(interpreter.max_waiting_runs), 1, 100'000, live,
          "Runs that wait in one context"),

    boolean("inspector.enabled", MEMBER(inspector.enabled), at_start,
            "Whether there is an inspector, which shows and steers the running tree"),
    text("inspector.address", MEMBER(inspector.address), kind::address, 2, 45,
         "Address at which the inspector listens"),
    count("inspector.port", MEMBER(inspector.port), 0, 65'535, at_start,
          "TCP port at which the inspector listens; one that is taken is tried again and again", "the system chooses"),
    boolean("inspector.admit-workloads", MEMBER(inspector.admit_workloads), at_start,
            "Whether what runs in the sandbox may use the inspector"),
    count("inspector.max-connections", MEMBER(inspector.max_connections), 1, 10'000, at_start,
          "Connections to the inspector at a time; each reader of a stream has one"),
    text("inspector.journal-file", MEMBER(inspector.journal_file), kind::text, 0, 4096,
         "Path of the file in which the journal outlives the daemon, out of reach of workloads if possible; empty = none"),
    size("inspector.journal-file-bytes", MEMBER(inspector.journal_file_bytes), 64_KiB, 1_GiB, at_start,
         "Size of that file; when it is full the older half is dropped"),
    count("inspector.traces-kept", MEMBER(inspector.traces_kept), 0, 100'000, at_start,
          "Traces of requests that have ended; a trace takes some kilobytes, at most 100", "nothing is traced"),
    count("inspector.traces-per-second", MEMBER(inspector.traces_per_second), 0, 1'000'000, live,
          "Requests traced each second, the first; one whose traceparent says that it is sampled is in any case",
          "none but those"),
  };
  // clang-format on
  return keys;
}
#undef MEMBER

/// Insertions, deletions and replacements between two names (Levenshtein).
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < right.size(); ++j) {
      const auto replace = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replace, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

} // namespace

std::span<const key> table() {
  return all_keys();
}

const key* find_key(std::string_view name) {
  const auto found = std::ranges::find(table(), name, &key::name);
  return found == table().end() ? nullptr : &*found;
}

std::string_view nearest_key(std::string_view name) {
  constexpr std::size_t longest_name_compared = 100; // an absurd name is no slip of the pen
  if (name.size() > longest_name_compared)
    return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const auto& candidate : table())
    if (const auto steps = distance(name, candidate.name); steps < best_distance) {
      best = candidate.name;
      best_distance = steps;
    }
  return best;
}

std::string_view group_of(std::string_view key_name) {
  return key_name.substr(0, key_name.find('.'));
}

std::string variable_of(std::string_view key_name) {
  std::string name = "SANDBOXD_";
  for (const char c : key_name)
    name += c == '.' || c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

std::string describe(const key& which) {
  static const settings defaults;
  return describe(which.allowed) + ", default " + to_file_literal(which.get(defaults), which.allowed);
}

std::span<const ordering> orderings() {
  static constexpr std::array pairs{
      ordering{"http.max-body-bytes", "http.max-buffered-bytes"},
      ordering{"session.max-command-bytes", "session.commands-budget-bytes"},
      ordering{"session.output-memory-bytes", "session.output-max-bytes"},
      ordering{"git.default-timeout", "git.max-timeout"},
      ordering{"supervision.backoff-base", "supervision.backoff-max"},
      ordering{"interpreter.python-pool-min-size", "interpreter.python-pool-max-size"},
      ordering{"interpreter.javascript-pool-min-size", "interpreter.javascript-pool-max-size"},
      ordering{"interpreter.typescript-pool-min-size", "interpreter.typescript-pool-max-size"},
  };
  return pairs;
}

} // namespace sandboxd::config
