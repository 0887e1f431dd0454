#include "keystore/spare_labels.h"

#include "tests/support/result_matchers.h"

namespace certbroker::keystore {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SpareLabelsTest, AreTheNextVersions) {
  const auto labels = WithSpares({"acme/pebble/main/v1", "acme/b/main/v9"}, 2);
  ASSERT_THAT(labels, IsOk());
  EXPECT_THAT(*labels,
              ElementsAre("acme/pebble/main/v1", "acme/pebble/main/v2", "acme/pebble/main/v3",
                          "acme/b/main/v9", "acme/b/main/v10", "acme/b/main/v11"));
}

TEST(SpareLabelsTest, NeedNoVersionWhereThereAreNone) {
  const auto labels = WithSpares({"anything"}, 0);
  ASSERT_THAT(labels, IsOk());
  EXPECT_THAT(*labels, ElementsAre("anything"));
}

TEST(SpareLabelsTest, HaveNoNamesWithoutAVersion) {
  for (const std::string label :
       {"main", "a/v", "a/vx", "a/v1x", "a/v01", "a/v0", "a/v-1", "v1", "a/v99999999999"}) {
    EXPECT_THAT(WithSpares({label}, 1), IsError(Reason::kConfigInvalid, HasSubstr(label))) << label;
  }
}

}  // namespace
}  // namespace certbroker::keystore
