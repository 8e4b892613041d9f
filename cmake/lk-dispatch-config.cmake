# find_package(lk-dispatch) gives lk::dispatch; with COMPONENTS local_kinesis also
# lk::local_kinesis, the embedded stream.

foreach(component IN LISTS lk-dispatch_FIND_COMPONENTS)
  if(component STREQUAL "local_kinesis" AND
     EXISTS "${CMAKE_CURRENT_LIST_DIR}/lk-local-kinesis-targets.cmake")
    set(lk-dispatch_local_kinesis_FOUND TRUE)
  elseif(lk-dispatch_FIND_REQUIRED_${component})
    set(lk-dispatch_FOUND FALSE)
    set(lk-dispatch_NOT_FOUND_MESSAGE
        "It has no component ${component}. There is local_kinesis, where it was built with LK_TOOL.")
    return()
  endif()
endforeach()

include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(CURL 7.88)
find_dependency(OpenSSL 3)
find_dependency(simdjson 3)
find_dependency(EXPAT 2.5)
find_dependency(SQLite3 3.40)
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
find_dependency(LZ4 1.9)
list(POP_FRONT CMAKE_MODULE_PATH)
include("${CMAKE_CURRENT_LIST_DIR}/lk-dispatch-targets.cmake")

if(lk-dispatch_local_kinesis_FOUND)
  include("${CMAKE_CURRENT_LIST_DIR}/lk-local-kinesis-targets.cmake")
endif()
