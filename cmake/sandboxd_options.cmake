# Compile options of this project's own targets. Link `sandboxd_options` to get them; third-party headers
# arrive as system headers and are not held to our warnings. -fpch-preprocess lets ccache see precompiled headers.
# -fno-var-tracking: where optimised code keeps a variable costs a sixth of the build and is rarely asked for; types and
# lines stay. Clang, which builds the fuzzers alone, knows neither.
add_library(sandboxd_options INTERFACE)
target_compile_options(sandboxd_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror
  "$<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess;-fno-var-tracking>")
target_include_directories(sandboxd_options INTERFACE "${PROJECT_SOURCE_DIR}")

if(SANDBOXD_SANITIZE STREQUAL "address")
  # Without the check of vptr: it opens a pipe to find out whether memory is there, and so takes every object for a wrong
  # one in the tests in which descriptors run out.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SANDBOXD_SANITIZE STREQUAL "thread")
  # ThreadSanitizer knows no fences; without them asio orders by the same atomics it does elsewhere.
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -DASIO_DISABLE_FENCED_BLOCK)
  add_link_options(-fsanitize=thread)
elseif(SANDBOXD_SANITIZE STREQUAL "fuzzer")
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "libFuzzer is clang's: configure with -DCMAKE_CXX_COMPILER=clang++-14")
  endif()
  # All code is watched; only tests/fuzz makes programs that are fuzzers, with its own link option.
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(NOT "${SANDBOXD_SANITIZE}" STREQUAL "")
  message(FATAL_ERROR "SANDBOXD_SANITIZE must be empty, 'address', 'thread' or 'fuzzer', not '${SANDBOXD_SANITIZE}'")
endif()
if(SANDBOXD_SANITIZE)
  # What the sanitizers' makers advise: fast enough, and reports that can be read. It also builds in half the time.
  add_compile_options(-O1 -g1)
  # GCC's own manual: its flow analysis gives false reports in instrumented code. The release build keeps the check.
  target_compile_options(sandboxd_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

# sandboxd_build_together(TARGET header...): what the sources of a target share is compiled once. The given headers of
# other projects are precompiled (`REUSE_FROM OTHER` instead of headers takes those of another target, which must be
# compiled with the same options), and three sources at a time make one translation unit: it is mostly templates of CAF,
# asio and nlohmann that take the time, the same ones in each. Three, so that a change of one still builds in seconds.
# Sources include what they use all the same, and must not rely on each other: a build without (as the one for
# clang-tidy) shows who forgot.
option(SANDBOXD_BUILD_TOGETHER "Precompile the headers of other projects, compile several sources at once" ON)
if(SANDBOXD_SANITIZE STREQUAL "fuzzer")
  set(SANDBOXD_BUILD_TOGETHER OFF) # the object with a seeded fault takes the place of one source's
endif()
function(sandboxd_build_together TARGET)
  if(NOT SANDBOXD_BUILD_TOGETHER)
    return()
  endif()
  if(ARGV1 STREQUAL REUSE_FROM)
    target_precompile_headers(${TARGET} ${ARGN})
  else()
    target_precompile_headers(${TARGET} PRIVATE ${ARGN})
  endif()
  set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 3)
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
