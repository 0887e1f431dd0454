#include "core/locked_buffer.h"

#include <fstream>
#include <string>

#include <gmock/gmock.h>

namespace certbroker {
namespace {

// Of the mapping that holds `address`, from the kernel.
std::string MappingFlags(const char* address) {
  std::ifstream maps("/proc/self/smaps");
  std::string line;
  bool here = false;
  while (std::getline(maps, line)) {
    const std::size_t dash = line.find('-');
    if (dash != std::string::npos && dash < 17 && line.find(' ') > dash) {
      const auto begin = std::stoull(line.substr(0, dash), nullptr, 16);
      const auto end = std::stoull(line.substr(dash + 1), nullptr, 16);
      const auto at = reinterpret_cast<std::uintptr_t>(address);
      here = begin <= at && at < end;
    }
    if (here && line.starts_with("VmFlags:")) return line;
  }
  return "";
}

TEST(LockedBufferTest, IsKeptOutOfSwapAndCoreFiles) {
  LockedBuffer buffer(100);
  ASSERT_EQ(buffer.octets().size(), 100U);
  const std::string flags = MappingFlags(buffer.octets().data()) + " ";
  EXPECT_THAT(flags, ::testing::HasSubstr(" dd ")) << "do not dump";
  EXPECT_EQ(flags.find(" lo ") != std::string::npos, buffer.locked());
}

TEST(LockedBufferTest, MovesWithoutACopy) {
  LockedBuffer first(3);
  const char* const where = first.octets().data();
  const LockedBuffer second = std::move(first);
  EXPECT_EQ(second.octets().data(), where);
  EXPECT_TRUE(first.octets().empty());  // NOLINT(bugprone-use-after-move): that is the promise
}

TEST(LockedBufferTest, MayBeEmpty) {
  EXPECT_TRUE(LockedBuffer().octets().empty());
  EXPECT_TRUE(LockedBuffer(0).octets().empty());
}

}  // namespace
}  // namespace certbroker
