#include "core/version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace certbroker {
namespace {

TEST(VersionTest, IsTheBuildsOwn) {
  EXPECT_THAT(std::string(Version()), ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

}  // namespace
}  // namespace certbroker
