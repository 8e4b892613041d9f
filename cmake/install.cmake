# What `cmake --install` makes: a package that find_package(lk-dispatch) finds, with lk::dispatch in
# it and, as a component, lk::local_kinesis; and the command.
include(CMakePackageConfigHelpers)

set(LK_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/lk-dispatch)

set_target_properties(lk_public PROPERTIES EXPORT_NAME public_headers)
set_target_properties(lk-dispatch PROPERTIES EXPORT_NAME dispatch)
install(DIRECTORY include/lk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS lk-dispatch lk_public EXPORT lk-dispatch ARCHIVE)
install(EXPORT lk-dispatch NAMESPACE lk:: DESTINATION ${LK_PACKAGE_DIR}
        FILE lk-dispatch-targets.cmake)
if(LK_TOOL)
  set_target_properties(lk-local-kinesis PROPERTIES EXPORT_NAME local_kinesis)
  install(TARGETS lk-local-kinesis EXPORT lk-local-kinesis ARCHIVE)
  install(EXPORT lk-local-kinesis NAMESPACE lk:: DESTINATION ${LK_PACKAGE_DIR}
          FILE lk-local-kinesis-targets.cmake)
  install(TARGETS lk-dispatch-tool RUNTIME)
endif()

# Until 1.0 a minor version may break what the one before it offered.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/lk-dispatch-config-version.cmake
    COMPATIBILITY SameMinorVersion)
install(FILES cmake/lk-dispatch-config.cmake
              cmake/FindLZ4.cmake
              ${PROJECT_BINARY_DIR}/lk-dispatch-config-version.cmake
        DESTINATION ${LK_PACKAGE_DIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
