# compiler.cmake: language level, warnings, hardening, sanitizers, ccache. Everything here holds for every target of ours.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")

find_program(CERTBROKER_CCACHE ccache)
if(CERTBROKER_CCACHE)
  # Paths relative to the checkout, so that another checkout hits the same cache; precompiled headers need the sloppiness.
  set(launcher "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=pch_defines,time_macros "${CERTBROKER_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

# Two compilers at a time have the memory that gcc's garbage collector would save, at an eighth of a file's time: it starts at 1 GiB.
add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:--param=ggc-min-heapsize=1048576>)

option(CERTBROKER_WERROR "Treat warnings as errors (packagers may switch it off)" ON)
set(CERTBROKER_SANITIZE "" CACHE STRING "Value for -fsanitize, e.g. address,undefined")

# Ours only: third-party headers come in as SYSTEM, generated code is compiled with certbroker_generated_code.
add_library(certbroker_warnings INTERFACE)
target_compile_options(certbroker_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wswitch-enum -Wcast-qual -Wformat=2
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # gcc 12 sees overruns inside std::string's own operator+ (gcc bugs 105329, 105651); clang's check stays on.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-array-bounds -Wno-restrict>
  $<$<BOOL:${CERTBROKER_WERROR}>:-Werror>)

# One setting for libraries and programs (all libraries are static), so that both can share precompiled headers; that is also why
# every target has the -pthread that gRPC asks for.
add_compile_options(-fPIE -pthread)
add_link_options(-pie)
add_compile_options(-fstack-protector-strong -fno-omit-frame-pointer)
add_compile_definitions(_GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
endif()
if(CERTBROKER_SANITIZE)
  add_compile_options(-fsanitize=${CERTBROKER_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CERTBROKER_SANITIZE})
  # Between the checks gcc loses sight of who initialised what (pki/trust_anchors.cc); the other builds keep the warning.
  target_compile_options(certbroker_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()
