// Which hawser this is.
#pragma once

/// The version of these headers; while HAWSER_VERSION_MAJOR is 0, each minor version is one of its
/// own. CMakeLists.txt says the same: tests/chain/version_test.cpp.
#define HAWSER_VERSION_MAJOR 0
#define HAWSER_VERSION_MINOR 1
#define HAWSER_VERSION_PATCH 0

#define HAWSER_VERSION_TEXT(N) #N
#define HAWSER_VERSION_JOIN(MAJOR, MINOR, PATCH) \
  HAWSER_VERSION_TEXT(MAJOR) "." HAWSER_VERSION_TEXT(MINOR) "." HAWSER_VERSION_TEXT(PATCH)

/// "0.1.0"
#define HAWSER_VERSION \
  HAWSER_VERSION_JOIN(HAWSER_VERSION_MAJOR, HAWSER_VERSION_MINOR, HAWSER_VERSION_PATCH)
/// 100 for 0.1.0, to be compared by #if: 10,000 times major, 100 times minor, patch.
#define HAWSER_VERSION_NUMBER \
  (HAWSER_VERSION_MAJOR * 10000 + HAWSER_VERSION_MINOR * 100 + HAWSER_VERSION_PATCH)
