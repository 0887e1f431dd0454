#include "core/challenge.h"

#include <string>

#include <gtest/gtest.h>

namespace certbroker {
namespace {

// RFC 8555 §8.1.
TEST(TokenTest, TakesBase64UrlCharacters) {
  for (const char* token : {"t", "DGyRejmCefe7v4NfDGDKfA", "-_9", "__"}) {
    EXPECT_TRUE(IsToken(token)) << token;
  }
}

TEST(TokenTest, RefusesWhatCouldLeaveItsPlace) {
  for (const std::string& text :
       {std::string(), std::string("."), std::string("../a"), std::string("a/b"), std::string("a="),
        std::string("a+b"), std::string("a b"), std::string("a\n"), std::string("a'b"),
        std::string("a\0b", 3), std::string("\xC3\xA4"), std::string("$(a)")}) {
    EXPECT_FALSE(IsToken(text)) << text;
  }
}

TEST(TokenTest, HasALimit) {
  EXPECT_TRUE(IsToken(std::string(kMaxTokenSize, 'a')));
  EXPECT_FALSE(IsToken(std::string(kMaxTokenSize + 1, 'a')));
}

}  // namespace
}  // namespace certbroker
