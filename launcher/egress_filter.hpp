#pragma once

#include "launcher/egress_rules.hpp"

#include <memory>
#include <string>

struct nft_ctx; // of libnftables

namespace sandboxd::launcher {

class workload_groups;

/// Rules of the kernel (nftables) for what workloads send, in the network namespace of this process. The
/// kernel removes them with this object, however this process ends. One thread at a time.
class egress_filter {
public:
  /// Begins with nothing allowed (`make_rules`), and has a process in a group of workloads try them. To be
  /// called while the process has no threads that start others. Takes some milliseconds. Throws
  /// std::runtime_error where the kernel does not take the rules (no CAP_NET_ADMIN, no nf_tables), or they
  /// have no effect.
  static std::unique_ptr<egress_filter> make(const workload_groups& groups);

  ~egress_filter();
  egress_filter(const egress_filter&) = delete;
  egress_filter& operator=(const egress_filter&) = delete;

  /// Allows these instead of those before. Waits for the kernel. Throws std::runtime_error, after which those
  /// before are in force.
  void allow(const allowed_addresses& what);

private:
  egress_filter();
  void run(const std::string& rules);
  void find_level(const workload_groups& groups);

  std::unique_ptr<nft_ctx, void (*)(nft_ctx*)> library_;
  std::string table_;
};

} // namespace sandboxd::launcher
