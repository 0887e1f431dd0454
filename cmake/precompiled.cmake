# precompiled.cmake: third-party and standard headers, compiled once per set instead of once per file, and files in batches.
#
#   set(CERTBROKER_PRECOMPILED grpc)      from here down, in this folder: certbroker_library & co. use the set `grpc`
#
# A set is a header in precompiled/ and a target that compiles it. What is in a set costs every file that uses the set: gcc
# instantiates in each of them again what the headers' inline functions need (about 4 s for CLI11, 0.8 s for nlohmann/json,
# 0.7 s for gmock, 0.2 s for the standard library). So a header belongs in a set when most of its files read it. No set holds a
# header of ours: a change in core/ would compile every set and every file again.
#
# The sets change nothing about what a file must include: the preset `clang`, and so the lint run, builds without them. Tests
# alone may take gtest and gmock for granted, there too (the set `gtest`).
#
# gcc takes a precompiled header only under the flags that it was made with. certbroker_use_precompiled sees to the definitions;
# the rest (-pthread, -fPIE, -Wpedantic, which hides a macro) is the same everywhere (compiler.cmake).

option(CERTBROKER_PRECOMPILE "Compile third-party headers once per set" ON)
set(CERTBROKER_PRECOMPILED base)

# The definitions that the packages' own CMake files want wherever their headers are read.
set(precompiled_fmt $<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>)
set(precompiled_gtest $<TARGET_PROPERTY:GTest::gtest,INTERFACE_COMPILE_OPTIONS>)

function(certbroker_precompiled_definitions target set)
  target_compile_definitions(${target} PRIVATE ${precompiled_fmt})
  if(set MATCHES "test")
    target_compile_options(${target} PRIVATE ${precompiled_gtest})
  endif()
endfunction()

function(certbroker_precompiled_set set)
  set(target certbroker_precompiled_${set})
  add_library(${target} OBJECT EXCLUDE_FROM_ALL "${CMAKE_SOURCE_DIR}/cmake/precompiled/set.cc")
  target_link_libraries(${target} PRIVATE certbroker_warnings ${ARGN})
  certbroker_precompiled_definitions(${target} ${set})
  target_precompile_headers(${target} PRIVATE "${CMAKE_SOURCE_DIR}/cmake/precompiled/${set}.h")
endfunction()

function(certbroker_use_precompiled target)
  set(set ${CERTBROKER_PRECOMPILED})
  if(NOT CERTBROKER_PRECOMPILE)
    if(NOT set MATCHES "test")
      return()
    endif()
    set(set gtest)
  endif()
  certbroker_precompiled_definitions(${target} ${set})
  target_precompile_headers(${target} REUSE_FROM certbroker_precompiled_${set})
endfunction()

# Files that use the same set share more than its headers: compiled several at a time, in one translation unit, they instantiate
# and read once what each of them needs. certbroker_library & co. do that with all their files, in the order of SRCS, in batches as
# equal as can be; so names in the unnamed namespaces of a target's files must differ. An edit compiles a batch, which should take
# 10 s at most: where files are slow, set(CERTBROKER_BATCH 3) from there down in that folder. A file that must stay alone has the
# source property SKIP_UNITY_BUILD_INCLUSION.
set(certbroker_batch_base 8)
set(certbroker_batch_json 8)
set(certbroker_batch_grpc 5)
set(certbroker_batch_test 6)
set(certbroker_batch_test_json 4)
set(certbroker_batch_test_grpc 4)

function(certbroker_compile_in_batches target)
  if(NOT CERTBROKER_PRECOMPILE)
    return()
  endif()
  set(limit ${certbroker_batch_${CERTBROKER_PRECOMPILED}})
  if(CERTBROKER_BATCH)
    set(limit ${CERTBROKER_BATCH})
  endif()
  get_target_property(sources ${target} SOURCES)
  list(FILTER sources INCLUDE REGEX "[.]cc$")
  foreach(source IN LISTS sources)
    get_source_file_property(group ${source} UNITY_GROUP)
    get_source_file_property(alone ${source} SKIP_UNITY_BUILD_INCLUSION)
    if(group OR alone)
      list(REMOVE_ITEM sources ${source})
    endif()
  endforeach()
  list(LENGTH sources count)
  math(EXPR batches "(${count} + ${limit} - 1) / ${limit}")
  set(index 0)
  foreach(source IN LISTS sources)
    math(EXPR batch "${index} * ${batches} / ${count}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP batch_${batch})
    math(EXPR index "${index} + 1")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()

# certbroker_compile_together(commands a.cc b.cc), before the target: a batch of its own, for files that need most of their time
# for the same templates (CLI11).
function(certbroker_compile_together group)
  set_source_files_properties(${ARGN} PROPERTIES UNITY_GROUP ${group})
endfunction()

certbroker_precompiled_set(base fmt::fmt OpenSSL::Crypto)
certbroker_precompiled_set(json fmt::fmt OpenSSL::Crypto)
certbroker_precompiled_set(grpc fmt::fmt OpenSSL::Crypto certbroker_proto)
certbroker_precompiled_set(gtest fmt::fmt GTest::gmock GTest::gtest)
certbroker_precompiled_set(test fmt::fmt OpenSSL::SSL GTest::gmock GTest::gtest)
certbroker_precompiled_set(test_json fmt::fmt OpenSSL::SSL GTest::gmock GTest::gtest)
certbroker_precompiled_set(test_grpc fmt::fmt OpenSSL::SSL certbroker_proto GTest::gmock GTest::gtest)
