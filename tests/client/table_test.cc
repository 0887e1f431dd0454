#include "client/table.h"

#include <gtest/gtest.h>

namespace certbroker::client {
namespace {

TEST(TableTest, AlignsColumnsAndLeavesNothingAtTheEnd) {
  Table table({"NAME", "STATE"});
  table.Add({"orders/1", "ISSUED"});
  table.Add({"orders/22", "FAILED"});

  EXPECT_EQ(table.Text(),
            "NAME       STATE\n"
            "orders/1   ISSUED\n"
            "orders/22  FAILED\n");
}

TEST(TableTest, CountsCharactersAndNotOctets) {
  Table table({"A", "B"});
  table.Add({"…", "x"});
  table.Add({"ab", "y"});

  EXPECT_EQ(table.Text(),
            "A   B\n"
            "…   x\n"
            "ab  y\n");
}

TEST(TableTest, ShowsThatACellIsEmpty) {
  Table table({"A", "B"});
  EXPECT_TRUE(table.empty());
  table.Add({"", "x"});

  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.Text(), "A  B\n-  x\n");
}

TEST(TableTest, ACellCannotBreakOutOfItsLine) {
  Table table({"A"});
  table.Add({"one\ntwo\x1b[2J"});

  EXPECT_EQ(table.Text(), "A\none?two?[2J\n");
}

}  // namespace
}  // namespace certbroker::client
