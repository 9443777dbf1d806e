# How a target of hawser is made: sources by folder, warnings as errors, sanitizers everywhere.
include(GNUInstallDirs)

# Warnings are for our code only: they never reach a consumer, whose compiler may know newer ones.
function(hawser_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<BOOL:${PROJECT_IS_TOP_LEVEL}>:-Werror>
    # Optimizing, g++ 12 sees copies and reads beyond std::string that are none (GCC bug 105651).
    $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict -Wno-array-bounds -Wno-stringop-overflow
    -Wno-stringop-overread>)
endfunction()

if(HAWSER_SANITIZE)
  add_compile_options(-fsanitize=${HAWSER_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  # As g++ calls them; clang has other words for it.
  if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    if(HAWSER_SANITIZE MATCHES "address")
      add_compile_definitions(__SANITIZE_ADDRESS__=1)
    elseif(HAWSER_SANITIZE MATCHES "thread")
      add_compile_definitions(__SANITIZE_THREAD__=1)
    endif()
  endif()
  add_link_options(-fsanitize=${HAWSER_SANITIZE})
  # Instrumented code makes g++ 12 see uses of what is not initialized where there are none.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
  # Asio synchronizes by fences in two places; ThreadSanitizer does not model fences and g++ warns.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND HAWSER_SANITIZE MATCHES "thread")
    add_compile_options(-Wno-tsan)
  endif()
endif()

# Behaviors and adapters lie at the top of the tree and are included as <hawser/behaviors/...>:
# a link in the build tree gives them the one spelling that they have when installed.
set(HAWSER_LINKED_INCLUDES ${CMAKE_CURRENT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${HAWSER_LINKED_INCLUDES}/hawser)
foreach(folder behaviors adapters)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${folder}
    ${HAWSER_LINKED_INCLUDES}/hawser/${folder} SYMBOLIC)
endforeach()

# Asio and Beast are compiled once, in src/io/net/asio.cpp; everybody who includes them says so.
add_library(hawser_asio INTERFACE)
add_library(hawser::asio ALIAS hawser_asio)
set_target_properties(hawser_asio PROPERTIES EXPORT_NAME asio)
target_compile_definitions(hawser_asio INTERFACE BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)

# Reading what a file includes is most of the work of compiling it, so several are compiled as one.
# No two files of a target may use one name in their anonymous namespaces: it is a better name for
# both then, or one place for what both have. With HAWSER_UNITY=OFF each file is compiled alone: that
# is quicker after a small change, and shows a missing include.
function(hawser_unity target files)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${HAWSER_UNITY}
    UNITY_BUILD_BATCH_SIZE ${files})
endfunction()

# hawser_library(name folder...): the static library hawser_<name>, alias hawser::<name>.
function(hawser_library name)
  set(sources)
  foreach(folder ${ARGN})
    file(GLOB found CONFIGURE_DEPENDS ${folder}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  add_library(hawser_${name} STATIC ${sources})
  add_library(hawser::${name} ALIAS hawser_${name})
  set_target_properties(hawser_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(hawser_${name} PUBLIC cxx_std_20)
  target_include_directories(hawser_${name}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
           $<BUILD_INTERFACE:${HAWSER_LINKED_INCLUDES}>
           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  # Nine tenths of the work for most files is to read these; the sources include what they use.
  target_precompile_headers(hawser_${name} PRIVATE <algorithm> <chrono> <functional> <map> <memory>
    <optional> <string> <variant> <vector> <hawser/error.hpp>)
  hawser_unity(hawser_${name} 12)
  hawser_warnings(hawser_${name})
endfunction()
