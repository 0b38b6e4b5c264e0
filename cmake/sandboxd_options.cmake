# Compile options of this project's own targets. Link `sandboxd_options` to get them; third-party headers
# arrive as system headers and are not held to our warnings.
add_library(sandboxd_options INTERFACE)
target_compile_options(sandboxd_options INTERFACE -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror)
target_include_directories(sandboxd_options INTERFACE "${PROJECT_SOURCE_DIR}")

if(SANDBOXD_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(SANDBOXD_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(NOT "${SANDBOXD_SANITIZE}" STREQUAL "")
  message(FATAL_ERROR "SANDBOXD_SANITIZE must be empty, 'address' or 'thread', not '${SANDBOXD_SANITIZE}'")
endif()
if(SANDBOXD_SANITIZE)
  # GCC's own manual: its flow analysis gives false reports in instrumented code. The release build keeps the check.
  target_compile_options(sandboxd_options INTERFACE -Wno-maybe-uninitialized)
endif()
