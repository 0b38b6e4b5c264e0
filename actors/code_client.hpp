#pragma once

#include "actors/code_messages.hpp"
#include "actors/reply.hpp"
#include "actors/services.hpp"
#include "supervision/directory.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sandboxd::actors {

/// The front door to code contexts for code that is no actor. Every function returns at once, may be called
/// from any thread, and answers exactly once.
class code_client {
public:
  virtual ~code_client() = default;

  /// Makes a context; answered when it takes code. Errors: `context_creation_failed`, `circuit_open`,
  /// `interpreter_not_ready`, `python_not_available`, `javascript_not_available`, `too_busy`, `unavailable`.
  virtual void create(context_options options, reply<context_record> done) = 0;

  /// All of them, in order of their creation.
  [[nodiscard]] virtual std::vector<context_record> list() const = 0;

  /// Ends a context and what runs in it. Error: `context_not_found`.
  virtual void remove(const std::string& id, reply<std::string> done) = 0;

  /// Runs code in a context, after what it was given before. Errors, to the observer: `context_not_found`,
  /// `code_execution_error`, `too_busy`, those of `create`.
  virtual void run(run_request request, std::shared_ptr<run_observer> observer) = 0;

  /// Interrupts what runs in a context, if anything does. Error: `context_not_found`.
  virtual void interrupt(const std::string& id, reply<context_record> done) = 0;

  /// How the executors of each language fare that anybody has heard of.
  [[nodiscard]] virtual std::vector<pool_status> health() const = 0;

  /// Gives a context a new executor; what runs or waits in it ends. Errors: `context_not_found`, those of
  /// `create`.
  virtual void restart(const std::string& id, reply<context_record> done) = 0;

  /// Has contexts that are made from now on see Python's packages as they are; answered with the version of
  /// Python when that is so. Errors: `python_not_available`, `unavailable`.
  virtual void reload_python(reply<std::string> done) = 0;
};

std::shared_ptr<code_client> make_local_code_client(std::shared_ptr<const supervision::directory> directory,
                                                    services_ptr context);

} // namespace sandboxd::actors
