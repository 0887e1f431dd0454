#include "core/key_use.h"

#include <gtest/gtest.h>

namespace certbroker {
namespace {

RecordedKeyUse Record() {
  RecordedKeyUse record;
  record.use = {.purpose = SignaturePurpose::kNewOrder,
                .url = "https://acme.example/new-order",
                .account_url = "https://acme.example/acct/1",
                .key_uri = "pkcs11:token=acme;id=%01;type=private",
                .thumbprint = "thumb",
                .subject = "orders/1",
                .agent = "spiffe://example.org/agent/web-01",
                .request_id = "r",
                .input_sha256 = {0xAB, 0xCD}};
  record.number = 7;
  record.create_time = *ParseRfc3339("2026-11-21T07:30:00.25Z");
  record.replica = "host/1";
  record.previous_sha256 = Bytes(2, 0);
  return record;
}

// The form is documented: whoever checks a chain with other means needs exactly these octets.
TEST(KeyUse, ItsOctetsAreNetstringsOfItsFields) {
  EXPECT_EQ(AsText(ChainOctets(Record())),
            "20:certbroker key use 1,1:7,27:2026-11-21T07:30:00.250000Z,6:host/1,8:newOrder,"
            "30:https://acme.example/new-order,27:https://acme.example/acct/1,"
            "37:pkcs11:token=acme;id=%01;type=private,5:thumb,8:orders/1,"
            "33:spiffe://example.org/agent/web-01,1:r,4:abcd,4:0000,");
}

TEST(KeyUse, EveryFieldCountsAndNoneRunsIntoTheNext) {
  const auto original = ChainOctets(Record());
  for (const auto change :
       {+[](RecordedKeyUse& r) { r.number = 8; },
        +[](RecordedKeyUse& r) { r.create_time += std::chrono::microseconds(1); },
        +[](RecordedKeyUse& r) { r.replica = "host/2"; },
        +[](RecordedKeyUse& r) { r.use.purpose = SignaturePurpose::kFinalize; },
        +[](RecordedKeyUse& r) { r.use.url += "x"; },
        +[](RecordedKeyUse& r) { r.use.account_url.clear(); },
        +[](RecordedKeyUse& r) { r.use.key_uri += "x"; },
        +[](RecordedKeyUse& r) { r.use.thumbprint += "x"; },
        +[](RecordedKeyUse& r) { r.use.subject = "orders/2"; },
        +[](RecordedKeyUse& r) { r.use.agent += "x"; },
        +[](RecordedKeyUse& r) { r.use.request_id += "x"; },
        +[](RecordedKeyUse& r) { r.use.input_sha256[0] ^= 1; },
        +[](RecordedKeyUse& r) { r.previous_sha256[0] ^= 1; },
        +[](RecordedKeyUse& r) {
          r.use.subject += ",1:";
          r.use.agent = r.use.agent.substr(3);
        }}) {
    RecordedKeyUse changed = Record();
    change(changed);
    EXPECT_NE(ChainOctets(changed), original);
  }
}

}  // namespace
}  // namespace certbroker
