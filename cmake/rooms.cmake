# A room is a folder with one job and a target of its own. A room sees only the headers of the
# rooms that it names under USES (and of those that they name): each is reached through a folder of
# links that holds that room alone, so an include that the layering forbids does not compile.

set(LK_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
    -Wold-style-cast -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns falsely of "text" + std::string (GCC bug 105329).
  list(APPEND LK_WARNINGS -Wno-restrict)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_FLAGS MATCHES "-fsanitize")
  # What a sanitizer adds to the code hides from GCC that an optional is looked at before its value.
  list(APPEND LK_WARNINGS -Wno-maybe-uninitialized)
endif()
if(LK_WERROR)
  list(APPEND LK_WARNINGS -Werror)
endif()

# A release is hardened: see docs/security.md.
include(CheckPIESupported)
check_pie_supported()
set(LK_HARDENING "$<$<CONFIG:Release>:-fstack-protector-strong;-D_FORTIFY_SOURCE=2>")

# A structure of more than 32 bytes that is emptied or copied whole: GCC takes a string instruction for
# it, which needs some thirty cycles to begin, where a handful of stores would do. In a release alone:
# clang-tidy, which reads a Debug build's options, does not know these.
set(LK_COPIES "")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64"
   AND CMAKE_SIZEOF_VOID_P EQUAL 8)
  set(LK_COPIES "$<$<CONFIG:Release>:-mmemset-strategy=vector_loop:512:noalign,libcall:-1:noalign;-mmemcpy-strategy=vector_loop:512:noalign,libcall:-1:noalign>")
endif()

# Tests are compiled quickly rather than well: what they test is optimised, they need not be.
set(LK_TEST_OPTIONS ${LK_WARNINGS} $<$<CONFIG:Release>:-O1>)

# What every test includes, read once for all of them: a tenth of a cold build. A compiler cache does better
# without it, and would not look into it.
function(lk_test_headers)
  if(NOT LK_TESTS OR CMAKE_CXX_COMPILER_LAUNCHER OR NOT LK_PRECOMPILE)
    return()
  endif()
  file(WRITE ${PROJECT_BINARY_DIR}/test_headers.cpp "int main() {}\n")
  add_executable(lk_test_headers EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/test_headers.cpp)
  target_compile_options(lk_test_headers PRIVATE ${LK_TEST_OPTIONS})
  target_link_libraries(lk_test_headers PRIVATE GTest::gmock_main nlohmann_json::nlohmann_json)
  target_precompile_headers(lk_test_headers PRIVATE
      <chrono> <fstream> <functional> <future> <map> <string> <thread> <vector>
      <gmock/gmock.h> <gtest/gtest.h> <nlohmann/json.hpp>)
endfunction()
lk_test_headers()

# For the executables that GoogleTest runs.
function(lk_test_options name)
  target_compile_options(${name} PRIVATE ${LK_TEST_OPTIONS})
  if(TARGET lk_test_headers)
    target_precompile_headers(${name} REUSE_FROM lk_test_headers)
    # GCC 12 warns falsely of more then; ./dev check, and a build with a compiler cache, are strict.
    target_compile_options(${name} PRIVATE -Wno-error)
  endif()
endfunction()

# The public headers: seen by every room.
add_library(lk_public INTERFACE)
target_include_directories(lk_public INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(lk_public INTERFACE cxx_std_20)

function(lk_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  set(links ${PROJECT_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${links})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${links}/${name} SYMBOLIC)
  add_library(lk_${name} STATIC ${ROOM_SOURCES})
  target_compile_options(lk_${name} PRIVATE ${LK_WARNINGS} ${LK_HARDENING} ${LK_COPIES})
  target_include_directories(lk_${name} PUBLIC ${links})
  list(TRANSFORM ROOM_USES PREPEND lk_)
  target_link_libraries(lk_${name} PUBLIC lk_public Threads::Threads ${ROOM_USES}
                        PRIVATE ${ROOM_LIBRARIES})
endfunction()

# A room's unit tests stand beside what they test. LIBRARIES: only for the tests.
function(lk_room_tests name)
  cmake_parse_arguments(TESTS "" "" "SOURCES;USES;LIBRARIES" ${ARGN})
  if(NOT LK_TESTS)
    return()
  endif()
  list(TRANSFORM TESTS_USES PREPEND lk_)
  add_executable(${name}_tests ${TESTS_SOURCES})
  lk_test_options(${name}_tests)
  target_compile_definitions(${name}_tests PRIVATE
      LK_GOLDEN_DIR="${PROJECT_SOURCE_DIR}/tests/golden")
  target_link_libraries(${name}_tests PRIVATE lk_${name} ${TESTS_USES} GTest::gmock_main
                        ${TESTS_LIBRARIES})
  add_test(NAME ${name} COMMAND ${name}_tests)
  set_tests_properties(${name} PROPERTIES TIMEOUT 900)
endfunction()
