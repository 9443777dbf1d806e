#include <hawser/version.hpp>

#include <gtest/gtest.h>

#include <string>

namespace version_test {

TEST(version, is_the_one_of_the_build) { EXPECT_STREQ(HAWSER_VERSION, HAWSER_PROJECT_VERSION); }

TEST(version, is_made_of_its_parts) {
  EXPECT_EQ(HAWSER_VERSION, std::to_string(HAWSER_VERSION_MAJOR) + "." +
                                std::to_string(HAWSER_VERSION_MINOR) + "." +
                                std::to_string(HAWSER_VERSION_PATCH));
#if HAWSER_VERSION_NUMBER < 100 || HAWSER_VERSION_MAJOR < 0
#error "a version can be compared by the preprocessor"
#endif
  EXPECT_EQ(HAWSER_VERSION_NUMBER,
            HAWSER_VERSION_MAJOR * 10000 + HAWSER_VERSION_MINOR * 100 + HAWSER_VERSION_PATCH);
}

}  // namespace version_test
