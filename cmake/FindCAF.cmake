# Finds the C++ Actor Framework 0.17, which ships no CMake configuration of its own.
# Hint: CAF_ROOT (for example a build of CAF with a sanitizer). Defines the imported target CAF::core.
find_path(CAF_INCLUDE_DIR caf/actor_system.hpp HINTS "${CAF_ROOT}/include")
find_library(CAF_CORE_LIBRARY caf_core HINTS "${CAF_ROOT}/lib")

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(CAF REQUIRED_VARS CAF_INCLUDE_DIR CAF_CORE_LIBRARY)

if(CAF_FOUND AND NOT TARGET CAF::core)
  find_package(Threads REQUIRED)
  add_library(CAF::core UNKNOWN IMPORTED)
  set_target_properties(CAF::core PROPERTIES
    IMPORTED_LOCATION "${CAF_CORE_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
