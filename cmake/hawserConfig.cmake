# Read by find_package(hawser): the targets hawser::core, hawser::client, hawser::asio,
# hawser::edge, hawser::cloud and hawser::testkit, and what they link.
include(CMakeFindDependencyMacro)
find_dependency(Boost 1.81)
find_dependency(OpenSSL 3)
find_dependency(simdjson)
find_dependency(spdlog)
find_dependency(SQLite3)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/hawserTargets.cmake)
