# What `cmake --install` puts where: headers, archives, the program, and what find_package and
# pkg-config read. Every path in an installed file is relative to the file, so the tree may be moved.
include(CMakePackageConfigHelpers)

# Behaviors and adapters take the place that their spelling names: <hawser/behaviors/...>.
install(DIRECTORY include/hawser DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN *.hpp)
foreach(folder behaviors adapters)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/hawser
    FILES_MATCHING PATTERN *.hpp)
endforeach()

set(hawser_package ${CMAKE_INSTALL_LIBDIR}/cmake/hawser)
install(TARGETS hawser_asio hawser_core hawser_crypto hawser_client hawser_testkit hawser_store
  hawser_edge hawser_cloud EXPORT hawserTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT hawserTargets NAMESPACE hawser:: DESTINATION ${hawser_package})
if(TARGET hawser)
  install(TARGETS hawser RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Before 1.0 a minor version may break what the one before it allowed.
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/hawserConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES cmake/hawserConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/hawserConfigVersion.cmake
  DESTINATION ${hawser_package})

# hawser_pkg_config(name description libraries... REQUIRES packages...): hawser-<name>.pc. There are
# only archives, so whoever links one needs what it needs: that is Requires, not Requires.private.
function(hawser_pkg_config name description)
  cmake_parse_arguments(PARSE_ARGV 2 pc "" "" REQUIRES)
  set(pc_name ${name})
  set(pc_description ${description})
  list(TRANSFORM pc_UNPARSED_ARGUMENTS PREPEND -l OUTPUT_VARIABLE libraries)
  list(JOIN libraries " " pc_libraries)
  list(JOIN pc_REQUIRES ", " pc_requires)
  file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  string(REGEX REPLACE "/$" "" pc_prefix ${pc_prefix})
  file(RELATIVE_PATH pc_libdir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
  file(RELATIVE_PATH pc_includedir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
  set(file ${CMAKE_CURRENT_BINARY_DIR}/hawser-${name}.pc)
  configure_file(${PROJECT_SOURCE_DIR}/cmake/hawser.pc.in ${file} @ONLY)
  install(FILES ${file} DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

# In the order of linking: an archive stands before what it uses.
set(same "= ${PROJECT_VERSION}")
hawser_pkg_config(core "pure machines of hawser" hawser_core REQUIRES simdjson)
hawser_pkg_config(client "WebSocket clients derived from adapters and behaviors"
  hawser_client hawser_crypto pthread
  REQUIRES "hawser-core ${same}" "libssl >= 3" "libcrypto >= 3" spdlog)
hawser_pkg_config(testkit "tests adapters without a socket" hawser_testkit
  REQUIRES "hawser-client ${same}")
hawser_pkg_config(edge "governors, their outbox and the uplink" hawser_edge hawser_store
  REQUIRES "hawser-client ${same}" sqlite3)
hawser_pkg_config(cloud "acceptor and ledger" hawser_cloud hawser_store
  REQUIRES "hawser-client ${same}" sqlite3)
