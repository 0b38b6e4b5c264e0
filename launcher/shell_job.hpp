#pragma once

#include "launcher/process_input.hpp"
#include "launcher/session_process.hpp"
#include "launcher/shell.hpp"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>

namespace sandboxd::launcher {

/// One command of a shell on its way; only for the sources of `shell`. On its strand.
struct shell::running_command {
  running_command(asio::io_context& io, shell_command what, command_events receiver)
      : command(std::move(what)), events(std::move(receiver)), timer(io) {}

  /// Once the shell has them on file or in its pipe nobody needs the text and the variables any more.
  void forget_text() {
    command.text = {};
    command.environment = {};
  }

  shell_command command;
  command_events events;
  std::chrono::milliseconds kill_grace{0};
  std::shared_ptr<command_output> output;
  std::uint64_t number = 0;
  std::uint32_t program = 0; // of an adopted fork
  process_ids process;       // of the same
  std::chrono::steady_clock::time_point begin = std::chrono::steady_clock::now();
  std::uint64_t memory_kills = 0;    // `shell::out_of_memory_kills` at the beginning
  std::shared_ptr<lent_group> group; // of a fork that has one of its own
  asio::steady_timer timer;
  descriptor go;                        // FIFO on which a fork waits
  std::shared_ptr<process_input> input; // what that becomes, of a fork that wants it
  bool has_begun = false;
  bool answered = false;
};

} // namespace sandboxd::launcher
