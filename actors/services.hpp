#pragma once

#include "actors/context_table.hpp"
#include "actors/file_place.hpp"
#include "actors/process_table.hpp"
#include "config/programs.hpp"
#include "config/settings.hpp"
#include "launcher/background_worker.hpp"
#include "launcher/byte_budget.hpp"
#include "launcher/captured_output.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/group_stock.hpp"
#include "launcher/network_namespace.hpp"
#include "launcher/published.hpp"
#include "launcher/workload_groups.hpp"
#include "launcher/writable_places.hpp"
#include "ports/exposed_ports.hpp"
#include "ports/socket_source.hpp"

#include <asio/io_context.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::actors {

/// What every actor of the sandbox is given: where operating system work happens, the settings, and the
/// environment of workloads. Made once by main() and shared; outlives the actors. Any thread.
class services {
public:
  services(asio::io_context& where, std::shared_ptr<const config::settings> settings,
           std::string runtime_directory, std::vector<std::string> workload_environment)
      : io(where), directory(std::move(runtime_directory)), environment(std::move(workload_environment)),
        programs(directory_of_programs(*settings)), writable_places(launcher::writable_places(*settings)) {
    use(std::move(settings));
    message_reader->run([] {}); // later there may be no room for its thread
  }

  /// How much of a command's output is kept, and where.
  [[nodiscard]] launcher::capture_limits capture_limits() const {
    const auto now = settings();
    return {now->session.output_memory_bytes, now->session.output_max_bytes, now->session.spill_directory,
            disk_, memory_};
  }

  /// How much of a background process's output is kept, and where.
  [[nodiscard]] launcher::ring_limits process_output_limits() const {
    const auto now = settings();
    return {now->process.output_memory_bytes, now->process.output_spill_bytes, now->session.spill_directory,
            process_disk_};
  }

  /// The settings in force now; they change as a whole when the configuration is read again.
  [[nodiscard]] std::shared_ptr<const config::settings> settings() const { return settings_.load(); }
  void use(std::shared_ptr<const config::settings> settings) {
    disk_->set_limit(settings->session.spill_budget_bytes);
    memory_->set_limit(settings->session.output_memory_budget_bytes);
    command_memory->set_limit(settings->session.commands_budget_bytes);
    process_disk_->set_limit(settings->process.spill_budget_bytes);
    file_memory->set_limit(settings->files.memory_budget_bytes);
    clones->set_limit(settings->git.max_concurrent);
    settings_.store(std::move(settings));
  }

  /// How much of one bound is taken, all of the daemon together.
  struct budget {
    std::string_view name;
    std::string_view unit; ///< of the numbers
    std::uint64_t used = 0;
    std::uint64_t limit = 0;  ///< 0: none
    std::string_view setting; ///< the key that sets the limit
  };
  /// Those of bytes in memory and on disk, and of clones.
  [[nodiscard]] std::vector<budget> budgets() const {
    const auto now = settings();
    return {{"commands and code that wait or run", "bytes", command_memory->used(),
             now->session.commands_budget_bytes, "session.commands-budget-bytes"},
            {"output of commands in memory", "bytes", memory_->used(),
             now->session.output_memory_budget_bytes, "session.output-memory-budget-bytes"},
            {"output of commands on disk", "bytes", disk_->used(), now->session.spill_budget_bytes,
             "session.spill-budget-bytes"},
            {"output of background processes on disk", "bytes", process_disk_->used(),
             now->process.spill_budget_bytes, "process.spill-budget-bytes"},
            {"files that are read and written", "bytes", file_memory->used(), now->files.memory_budget_bytes,
             "files.memory-budget-bytes"},
            {"clones", "clones", clones->used(), now->git.max_concurrent, "git.max-concurrent"}};
  }

  /// The daemon is about to end: what is stopped from now on gets `sandbox.shutdown-grace` at most.
  void begin_shutdown() noexcept { shutting_down_ = true; }

  /// Where file operations work that belong to no session: at `strict` where a session without namespaces
  /// would.
  [[nodiscard]] file_place files_outside_of_sessions() const {
    return {root_outside_of_sessions_.load(), nullptr, settings()->sandbox.workspace};
  }
  /// `root`: its root directory (O_PATH).
  void place_files_outside_of_sessions(std::shared_ptr<const launcher::descriptor> root) {
    root_outside_of_sessions_.store(std::move(root));
  }

  /// The ports that are exposed now. `port_registry` alone publishes them.
  [[nodiscard]] std::shared_ptr<const ports::exposed_ports> exposed_ports() const { return exposed_.load(); }
  void publish(std::shared_ptr<const ports::exposed_ports> changed) { exposed_.store(std::move(changed)); }

  /// Sockets of the network of workloads, empty where that is the daemon's. For as long as this lives.
  [[nodiscard]] ports::socket_source service_sockets() const {
    if (!workload_network)
      return {};
    return [this](int family, launcher::network_namespace::socket_taker taker) {
      workload_network->open_socket(family, std::move(taker));
    };
  }

  /// How the executors of each language fare; null before anybody knows. The pools publish it.
  [[nodiscard]] std::shared_ptr<const pool_status> pool(language spoken) const {
    return pools_[static_cast<std::size_t>(spoken)].load();
  }
  void publish(pool_status status) {
    auto& place = pools_[static_cast<std::size_t>(status.spoken)];
    place.store(std::make_shared<const pool_status>(std::move(status)));
  }

  /// Between SIGTERM and SIGKILL for whatever is stopped now. At the end of the daemon a quarter of its
  /// grace: sessions end after commands outside of them, and what follows SIGKILL has to fit in, too.
  [[nodiscard]] std::chrono::milliseconds kill_grace() const {
    const auto now = settings();
    return shutting_down_ ? std::min(now->session.kill_grace, now->sandbox.shutdown_grace / 4)
                          : now->session.kill_grace;
  }

  /// The port at which the control interface listens; 0 until it does.
  [[nodiscard]] std::uint16_t listening_port() const noexcept { return listening_port_; }
  void listens_at(std::uint16_t port) noexcept { listening_port_ = port; }
  /// The inspector listens there.
  void inspector_listens_at(std::uint16_t port) noexcept { inspector_port_ = port; }
  /// Whether the port is one of this program's own, which nobody reaches through the proxy: it would make a
  /// client of the daemon itself of whoever comes that way.
  [[nodiscard]] bool is_own_port(std::uint16_t port) const noexcept {
    return port != 0 && (port == listening_port_ || port == inspector_port_);
  }

  /// Whether the kernel tells workloads from clients: all of them are, and stay, in `workload_groups`.
  [[nodiscard]] bool workloads_are_marked() const noexcept { return told_mark_.load() == mark::yes; }
  /// Once they are not, they never are again: some that live on may not be. Returns whether that is news.
  bool mark_workloads(bool marked) noexcept {
    if (!marked)
      return told_mark_.exchange(mark::no) != mark::no;
    auto nobody_told = mark::unknown;
    return told_mark_.compare_exchange_strong(nobody_told, mark::yes);
  }

  /// Control groups for background processes. Null where there are none, and until the spawner has found that
  /// processes can be in any.
  [[nodiscard]] std::shared_ptr<launcher::group_stock> process_groups() const {
    return groups_can_be_entered_ ? group_stock_ : nullptr;
  }
  void groups_can_be_entered(bool possible) noexcept { groups_can_be_entered_ = possible; }
  /// Before the actors start.
  void use_group_stock(std::shared_ptr<launcher::group_stock> stock) { group_stock_ = std::move(stock); }

  asio::io_context& io;
  /// This daemon's own directory: control files. Mode 0700, empty at the start.
  const std::string directory;
  /// "NAME=value" each: what shells and programs inherit (HTTP.md 4.4), before anything a session adds.
  const std::vector<std::string> environment;
  /// Where the programs are that the daemon starts: `launcher/`, `git/` and `interpreters/`. Sessions have
  /// the same files; the link in /proc of their init would need a privilege that containers rarely have.
  const std::filesystem::path programs;
  /// The spawner's program (O_PATH) as it was at the start, whatever becomes of its file.
  const launcher::descriptor spawner_program =
      launcher::descriptor(::open((programs / config::programs::spawner).c_str(), O_PATH | O_CLOEXEC));
  /// The machine's root directory (O_PATH), for watches, and files that belong to no session until the
  /// spawner is there.
  const std::shared_ptr<const launcher::descriptor> machine_root =
      std::make_shared<const launcher::descriptor>(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  /// The daemon's own files, which no file operation reaches: its directory, and what /proc shows of it.
  const std::vector<std::string> hidden_paths{directory, "/proc/" + std::to_string(::getpid())};
  /// Where workloads may write besides what is the kernel's, when `isolation.level` is strict.
  const std::vector<std::string> writable_places;
  /// Those of all workloads; null where there are none, and where they are not isolated. Set before the
  /// actors start.
  std::unique_ptr<const launcher::workload_groups> workload_groups;
  /// Whether rules for the network hold for who is, and stays, in those groups: nobody else may be started.
  /// Set before the actors start, as is the next.
  bool network_is_limited = false;
  /// The file that workloads are to see as /etc/hosts; empty: the machine's.
  std::string hosts_file;
  /// That of all workloads; null where they share the daemon's. Set before the actors start.
  std::unique_ptr<const launcher::network_namespace> workload_network;
  /// Removes what sessions leave, and keeps the files of processes that are over.
  const std::shared_ptr<launcher::background_worker> background =
      std::make_shared<launcher::background_worker>();

  /// Reads large messages of executors.
  const std::shared_ptr<launcher::background_worker> message_reader =
      std::make_shared<launcher::background_worker>();

  /// For the text and variables of commands that wait or run.
  const std::shared_ptr<launcher::byte_budget> command_memory = std::make_shared<launcher::byte_budget>(0);

  /// Background processes, living and finished.
  const std::shared_ptr<process_table> processes = std::make_shared<process_table>();

  /// Code contexts.
  const std::shared_ptr<context_table> contexts = std::make_shared<context_table>();

  /// For what is read from files and written to them, until it has left.
  const std::shared_ptr<launcher::byte_budget> file_memory = std::make_shared<launcher::byte_budget>(0);

  /// Clones that may be under way, each counts 1.
  const std::shared_ptr<launcher::byte_budget> clones = std::make_shared<launcher::byte_budget>(0);

private:
  static std::filesystem::path directory_of_programs(const config::settings& settings) {
    const auto& chosen = settings.sandbox.program_directory;
    return chosen.empty() ? std::filesystem::read_symlink("/proc/self/exe").parent_path()
                          : std::filesystem::absolute(chosen);
  }

  enum class mark { unknown, no, yes };
  std::atomic<mark> told_mark_ = mark::unknown;
  std::atomic<bool> groups_can_be_entered_ = false;
  std::shared_ptr<launcher::group_stock> group_stock_;
  std::atomic<bool> shutting_down_ = false;
  std::atomic<std::uint16_t> listening_port_ = 0;
  std::atomic<std::uint16_t> inspector_port_ = 0;
  launcher::published<config::settings> settings_;
  launcher::published<launcher::descriptor> root_outside_of_sessions_ =
      launcher::published<launcher::descriptor>(machine_root);
  std::array<launcher::published<pool_status>, interpreters::every_language.size()> pools_;
  launcher::published<ports::exposed_ports> exposed_ =
      launcher::published<ports::exposed_ports>(std::make_shared<const ports::exposed_ports>());
  const std::shared_ptr<launcher::byte_budget> disk_ = std::make_shared<launcher::byte_budget>(0);
  const std::shared_ptr<launcher::byte_budget> process_disk_ = std::make_shared<launcher::byte_budget>(0);
  const std::shared_ptr<launcher::byte_budget> memory_ = std::make_shared<launcher::byte_budget>(0);
};

using services_ptr = std::shared_ptr<services>;

} // namespace sandboxd::actors
