# certbroker_library.cmake: one target per folder, each with its own include root.
#
#   certbroker_library(NAME engine FOLDER service/engine SRCS a.cc DEPS core acme PRIVATE_DEPS CURL::libcurl)
#
# The include root of a target holds nothing but a link to its own folder, so `#include "db/x.h"` compiles only in a target
# that names db in DEPS. Whoever adds an edge adds it here, where it can be seen; tests/architecture checks it against the
# design's table too.

function(certbroker_include_root target folder)
  set(root "${CMAKE_BINARY_DIR}/include/${target}")
  cmake_path(GET folder PARENT_PATH parent)
  file(MAKE_DIRECTORY "${root}/${parent}")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/${folder}" "${root}/${folder}" SYMBOLIC)
  set(CERTBROKER_ROOT "${root}" PARENT_SCOPE)
endfunction()

function(certbroker_library)
  cmake_parse_arguments(arg "" "NAME;FOLDER" "SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  if(NOT arg_FOLDER)
    set(arg_FOLDER "${arg_NAME}")
  endif()
  set(target "certbroker_${arg_NAME}")
  certbroker_include_root(${target} ${arg_FOLDER})
  list(TRANSFORM arg_DEPS PREPEND certbroker::)
  if(arg_SRCS)
    add_library(${target} STATIC ${arg_SRCS})
    target_include_directories(${target} PUBLIC "${CERTBROKER_ROOT}")
    target_link_libraries(${target} PUBLIC ${arg_DEPS} PRIVATE certbroker_warnings ${arg_PRIVATE_DEPS})
    certbroker_use_precompiled(${target})
  else()
    add_library(${target} INTERFACE)
    target_include_directories(${target} INTERFACE "${CERTBROKER_ROOT}")
    target_link_libraries(${target} INTERFACE ${arg_DEPS})
  endif()
  add_library(certbroker::${arg_NAME} ALIAS ${target})
endfunction()

#   certbroker_program(NAME certbrokerd FOLDER service SRCS main.cc DEPS core db …)
function(certbroker_program)
  cmake_parse_arguments(arg "" "NAME;FOLDER" "SRCS;DEPS;PRIVATE_DEPS" ${ARGN})
  certbroker_include_root(${arg_NAME}_program ${arg_FOLDER})
  list(TRANSFORM arg_DEPS PREPEND certbroker::)
  add_executable(${arg_NAME} ${arg_SRCS})
  target_include_directories(${arg_NAME} PRIVATE "${CERTBROKER_ROOT}")
  target_link_libraries(${arg_NAME} PRIVATE certbroker_warnings ${arg_DEPS} ${arg_PRIVATE_DEPS})
  certbroker_use_precompiled(${arg_NAME})
endfunction()
