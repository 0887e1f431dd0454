# certbroker_test.cmake: one test program per folder under tests/, with a label.
#
#   certbroker_test(NAME core LABEL unit SRCS x_test.cc DEPS core)
#
# A unit program is split into one ctest entry per case. The other labels start servers once per program, so there the
# program is the entry (WHOLE), with a time limit of its own (TIMEOUT, seconds).

function(certbroker_test)
  cmake_parse_arguments(arg "WHOLE" "NAME;LABEL;TIMEOUT" "SRCS;DEPS;PRIVATE_DEPS;ENVIRONMENT" ${ARGN})
  set(target "${arg_NAME}_test")
  list(TRANSFORM arg_DEPS PREPEND certbroker::)
  add_executable(${target} ${arg_SRCS})
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
  target_link_libraries(${target} PRIVATE certbroker_warnings certbroker::test_support ${arg_DEPS}
    ${arg_PRIVATE_DEPS} GTest::gtest GTest::gmock)
  certbroker_use_precompiled(${target})
  certbroker_compile_in_batches(${target})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 60)
  endif()
  if(arg_WHOLE)
    add_test(NAME ${arg_NAME} COMMAND ${target})
    set_tests_properties(${arg_NAME} PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT}
      ENVIRONMENT "${arg_ENVIRONMENT}")
  else()
    gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
  endif()
endfunction()
