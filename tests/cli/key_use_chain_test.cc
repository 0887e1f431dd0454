#include "cli/key_use_chain.h"

#include <functional>
#include <vector>

#include <gmock/gmock.h>

#include "core/key_use.h"
#include "pki/digest.h"

namespace certbroker::cli {
namespace {

using ::testing::HasSubstr;
using Records = std::vector<v1::KeyUse>;

// Newest first.
Records Chain(int length) {
  Records records;
  Bytes previous(kKeyUseHashOctets, 0);
  for (int i = 1; i <= length; ++i) {
    RecordedKeyUse record;
    record.use.purpose = SignaturePurpose::kNewOrder;
    record.use.subject = "orders/" + std::to_string(i);
    record.number = i;
    record.create_time = *ParseRfc3339("2026-11-21T07:30:00.000001Z");
    record.previous_sha256 = previous;
    previous = pki::Sha256(ChainOctets(record));
    v1::KeyUse out;
    out.set_number(record.number);
    out.set_purpose("newOrder");
    out.set_subject(record.use.subject);
    out.mutable_create_time()->set_seconds(1795246200);
    out.mutable_create_time()->set_nanos(1000);
    out.set_previous_sha256(std::string(AsText(record.previous_sha256)));
    out.set_sha256(std::string(AsText(previous)));
    records.insert(records.begin(), out);
  }
  return records;
}

std::string ProblemOf(const Records& records) {
  KeyUseChain chain;
  for (const v1::KeyUse& record : records) chain.Add(record);
  chain.End();
  return chain.problem();
}

TEST(KeyUseChainTest, AWholeChainHasNoProblem) {
  EXPECT_EQ(ProblemOf(Chain(0)), "");
  EXPECT_EQ(ProblemOf(Chain(1)), "");
  EXPECT_EQ(ProblemOf(Chain(5)), "");
}

TEST(KeyUseChainTest, SaysWhichRecordIsNotWhatItWas) {
  const auto spoiled = [](const std::function<void(Records&)>& spoil) {
    Records records = Chain(5);
    spoil(records);
    return ProblemOf(records);
  };
  EXPECT_THAT(spoiled([](Records& r) { r[2].set_agent("x"); }),
              HasSubstr("record 3: its content is not what its hash was made of"));
  EXPECT_THAT(spoiled([](Records& r) { r.erase(r.begin() + 1); }),
              HasSubstr("record 4: missing; 3 follows"));
  EXPECT_THAT(spoiled([](Records& r) { r.pop_back(); }), HasSubstr("record 1: missing"));
  EXPECT_THAT(spoiled([](Records& r) { r[1].set_purpose("somethingNew"); }),
              HasSubstr("record 4: a purpose that this version does not know"));
  // A record made anew, with a hash that fits it.
  EXPECT_THAT(spoiled([](Records& r) {
                Records other = Chain(5);
                r[3] = other[3];
                r[3].set_sha256(std::string(32, 'x'));
              }),
              HasSubstr("record 2: the record after it names another one"));
}

}  // namespace
}  // namespace certbroker::cli
