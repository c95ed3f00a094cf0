# What `make install` puts where: the program, its manual, and the library with all that finds it.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
install(TARGETS iommusim RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
  FILES_MATCHING PATTERN "*.1")

install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples/api/
  DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/iommusim/examples)
install(FILES ${PROJECT_SOURCE_DIR}/docs/api.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/iommusim)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/iommusim DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.h" PATTERN "systemc*.h" EXCLUDE)
install(TARGETS libiommusim EXPORT iommusim-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET libiommusim_shared)
  install(TARGETS libiommusim_shared EXPORT iommusim-targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/iommusim)
install(EXPORT iommusim-targets NAMESPACE iommusim:: DESTINATION ${package})
configure_package_config_file(cmake/iommusim-config.cmake.in iommusim-config.cmake
  INSTALL_DESTINATION ${package})
write_basic_package_version_file(iommusim-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/iommusim-config.cmake
  ${PROJECT_BINARY_DIR}/iommusim-config-version.cmake DESTINATION ${package})

# The prefix is known at the installation only, and a package may be moved: from the file's place.
file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" up "${up}")
configure_file(cmake/iommusim.pc.in iommusim.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/iommusim.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

if(SYSTEMC_FOUND)
  install(FILES ${PROJECT_SOURCE_DIR}/include/iommusim/systemc.h
    ${PROJECT_SOURCE_DIR}/include/iommusim/systemc_recorder.h
    ${PROJECT_SOURCE_DIR}/include/iommusim/systemc_attributes.h
    ${PROJECT_SOURCE_DIR}/include/iommusim/systemc_cci.h
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/iommusim)
  install(FILES ${PROJECT_SOURCE_DIR}/docs/systemc.md
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/iommusim)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples/systemc/minimal/
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/iommusim/examples/systemc)
  install(TARGETS libiommusim_systemc EXPORT iommusim-systemc-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/iommusim-systemc)
  install(EXPORT iommusim-systemc-targets NAMESPACE iommusim:: DESTINATION ${package})
  configure_package_config_file(cmake/iommusim-systemc-config.cmake.in
    iommusim-systemc-config.cmake INSTALL_DESTINATION ${package})
  write_basic_package_version_file(iommusim-systemc-config-version.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/iommusim-systemc-config.cmake
    ${PROJECT_BINARY_DIR}/iommusim-systemc-config-version.cmake DESTINATION ${package})
  configure_file(cmake/iommusim-systemc.pc.in iommusim-systemc.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/iommusim-systemc.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
