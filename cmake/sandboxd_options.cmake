# Compile options of this project's own targets. Link `sandboxd_options` to get them; third-party headers
# arrive as system headers and are not held to our warnings. -fpch-preprocess lets ccache see precompiled headers.
# -fno-var-tracking: where optimised code keeps a variable costs a sixth of the build and is rarely asked for; types and
# lines stay.
add_library(sandboxd_options INTERFACE)
target_compile_options(sandboxd_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror -fpch-preprocess -fno-var-tracking)
target_include_directories(sandboxd_options INTERFACE "${PROJECT_SOURCE_DIR}")

if(SANDBOXD_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SANDBOXD_SANITIZE STREQUAL "thread")
  # ThreadSanitizer knows no fences; without them asio orders by the same atomics it does elsewhere.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -DASIO_DISABLE_FENCED_BLOCK)
  add_link_options(-fsanitize=thread)
elseif(NOT "${SANDBOXD_SANITIZE}" STREQUAL "")
  message(FATAL_ERROR "SANDBOXD_SANITIZE must be empty, 'address' or 'thread', not '${SANDBOXD_SANITIZE}'")
endif()
if(SANDBOXD_SANITIZE)
  # What the sanitizers' makers advise: fast enough, and reports that can be read. It also builds in half the time.
  add_compile_options(-O1 -g1)
  # GCC's own manual: its flow analysis gives false reports in instrumented code. The release build keeps the check.
  target_compile_options(sandboxd_options INTERFACE -Wno-maybe-uninitialized)
endif()

# sandboxd_precompile(TARGET header...): parses these headers of other projects once for all sources of the target.
# `REUSE_FROM OTHER` instead of headers takes those of another target, which must be compiled with the same options.
# Sources include what they use all the same: a build without (as the one for clang-tidy) shows who forgot.
option(SANDBOXD_PRECOMPILE "Precompile the heavy headers of other projects" ON)
function(sandboxd_precompile TARGET)
  if(SANDBOXD_PRECOMPILE AND ARGV1 STREQUAL REUSE_FROM)
    target_precompile_headers(${TARGET} ${ARGN})
    return()
  endif()
  if(SANDBOXD_PRECOMPILE)
    target_precompile_headers(${TARGET} PRIVATE ${ARGN})
  endif()
endfunction()

# What most sources of a folder reach, directly or through the folder's own headers.
set(sandboxd_standard_headers
  <algorithm> <chrono> <cstddef> <cstdint> <deque> <functional> <map> <memory> <mutex> <optional> <string>
  <string_view> <utility> <variant> <vector>)
set(sandboxd_caf_headers
  <caf/actor_cast.hpp> <caf/actor_system.hpp> <caf/event_based_actor.hpp> <caf/expected.hpp> <caf/send.hpp>
  <caf/stateful_actor.hpp> <caf/typed_actor.hpp> <caf/typed_event_based_actor.hpp>
  <caf/typed_response_promise.hpp>)
set(sandboxd_asio_headers
  <asio/bind_executor.hpp> <asio/dispatch.hpp> <asio/io_context.hpp> <asio/posix/stream_descriptor.hpp>
  <asio/post.hpp> <asio/steady_timer.hpp> <asio/strand.hpp>)
