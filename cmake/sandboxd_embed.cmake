# sandboxd_embed(TARGET FILE PATH...): a source file for TARGET that defines `page_files()` of inspector/page_files.hpp. The files
# get into the object file by the assembler, as they are. FILE and PATH come in pairs: what is embedded, and the path of the
# request that gets it.
function(sandboxd_embed TARGET)
  set(types_html "text/html; charset=utf-8")
  set(types_css "text/css; charset=utf-8")
  set(types_js "text/javascript; charset=utf-8")
  set(types_json "application/json")
  set(types_svg "image/svg+xml")
  set(number 0)
  set(contents "")
  set(names "")
  set(entries "")
  set(files "")
  set(rest ${ARGN})
  while(rest)
    list(POP_FRONT rest file path)
    string(REGEX REPLACE ".*\\." "" ending "${file}")
    string(APPEND contents "__asm__(\".pushsection .rodata\\n.global sandboxd_page_${number}\\n.global sandboxd_page_${number}_end\\n\"\n")
    string(APPEND contents "        \"sandboxd_page_${number}: .incbin \\\"${file}\\\"\\nsandboxd_page_${number}_end:\\n.popsection\");\n")
    string(APPEND names "extern const char sandboxd_page_${number}[];\nextern const char sandboxd_page_${number}_end[];\n")
    string(APPEND entries "      page_file{\"${path}\", \"${types_${ending}}\", {sandboxd_page_${number}, sandboxd_page_${number}_end}},\n")
    list(APPEND files ${file})
    math(EXPR number "${number} + 1")
  endwhile()
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_files.cpp)
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT "#include \"inspector/page_files.hpp\"

#include <array>

@contents@
extern \"C\" {
@names@}

namespace sandboxd::inspector {

std::span<const page_file> page_files() {
  static const std::array files{
@entries@  };
  return files;
}

} // namespace sandboxd::inspector
")
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${files}" SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(${TARGET} PRIVATE ${source})
endfunction()
