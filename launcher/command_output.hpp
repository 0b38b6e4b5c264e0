#pragma once

#include "launcher/output_channel.hpp"
#include "launcher/shell_command.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace sandboxd::launcher {

/// What a command wrote elsewhere than into its streams, to follow what is in them.
struct output_tail {
  std::string out;
  std::string err;
};

/// What a command printed; never null.
struct captured_pair {
  std::shared_ptr<const captured_output> out;
  std::shared_ptr<const captured_output> err;
};

/// The two output streams of one command, captured or passed on. All functions on the strand, but those of
/// `control`.
class command_output : public std::enable_shared_from_this<command_output> {
public:
  /// Makes the FIFOs `out_path` and `err_path` (see `output_channel`). Throws std::system_error.
  command_output(const output_channel::strand& executor, const std::string& out_path,
                 const std::string& err_path, const std::shared_ptr<retired_channels>& retired);

  /// Takes the reading ends of two pipes.
  command_output(const output_channel::strand& executor, descriptor out_pipe, descriptor err_pipe);

  /// The channels read on until the last writer is gone. Any thread.
  ~command_output();
  command_output(const command_output&) = delete;
  command_output& operator=(const command_output&) = delete;

  /// Starts reading, for `events.output` (live, with credit zero) or into captures.
  void start(bool live, const capture_limits& limits, const std::function<void(bool, std::string)>& sink);

  /// Delivers what the streams hold at this moment and then `tail`, then hands the captures over (nothing of
  /// them is kept); at most one call for each `start`.
  void finish(output_tail tail, std::function<void(captured_pair)> done);

  /// Drops what is still to come.
  void discard();

  /// After `finish`: whether `start` may be called again, for another command. If not, the FIFOs' names are
  /// free.
  [[nodiscard]] bool prepare_reuse();

  /// For the receiver, until `finish` is done; holds no reference.
  [[nodiscard]] command_control control();

private:
  void grant(std::size_t bytes);

  output_channel::strand executor_;
  std::shared_ptr<output_channel> out_;
  std::shared_ptr<output_channel> err_;
  std::shared_ptr<captured_output> captured_out_;
  std::shared_ptr<captured_output> captured_err_;
  std::shared_ptr<output_credit> credit_;
  bool err_first_ = false;
  std::uint64_t use_ = 0; // changes with every command, so that a control steers only its own
};

} // namespace sandboxd::launcher
