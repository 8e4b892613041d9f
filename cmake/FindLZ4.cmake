# LZ4 comes without a package file of CMake's on Debian. Gives LZ4::LZ4.
find_path(LZ4_INCLUDE_DIR lz4.h)
find_library(LZ4_LIBRARY lz4)
mark_as_advanced(LZ4_INCLUDE_DIR LZ4_LIBRARY)
if(LZ4_INCLUDE_DIR)
  file(STRINGS ${LZ4_INCLUDE_DIR}/lz4.h LZ4_VERSION
       REGEX "^#define LZ4_VERSION_(MAJOR|MINOR|RELEASE) ")
  string(REGEX REPLACE "[^;]* ([0-9]+)[^;]*" "\\1" LZ4_VERSION "${LZ4_VERSION}")
  string(REPLACE ";" "." LZ4_VERSION "${LZ4_VERSION}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LZ4
  REQUIRED_VARS LZ4_LIBRARY LZ4_INCLUDE_DIR
  VERSION_VAR LZ4_VERSION)

if(LZ4_FOUND AND NOT TARGET LZ4::LZ4)
  add_library(LZ4::LZ4 UNKNOWN IMPORTED)
  set_target_properties(LZ4::LZ4 PROPERTIES
    IMPORTED_LOCATION "${LZ4_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LZ4_INCLUDE_DIR}")
endif()
