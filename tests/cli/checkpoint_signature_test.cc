#include "cli/checkpoint_signature.h"

#include <string>

#include <gmock/gmock.h>

#include "tests/support/result_matchers.h"

namespace certbroker::cli {
namespace {

using ::testing::HasSubstr;

struct Made {
  const char* thumbprint;
  const char* jws;
};

// By python3-jwcrypto, as docs/audit.md describes them.
// clang-format off
constexpr Made kMade[] = {
    // ES256
    {"Ty1_rjLDyAx6DLGJzoXn1LyvKmmKYfQBneqo6GI0mn8",
     "eyJhbGciOiJFUzI1NiIsImp3ayI6eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6Ijd6WVZRNzRVRmxPdlFDM01"
     "IZW53YkZuNXQ0U1hiV0l1c3U1d2FzN0k2OTQiLCJ5IjoiR0JWMVBxR3JjNURQd1h1QVFOS0JhNS1QdTRlZ3NVb05Tbm"
     "96d1FncXlwayJ9LCJ0eXAiOiJjZXJ0YnJva2VyLWNoZWNrcG9pbnQifQ.eyJudW1iZXIiOjcsInNoYTI1NiI6ImFiYW"
     "JhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWIiLCJ0aW1lI"
     "joiMjAyNi0xMS0yMVQwNzozMDowMC4yNVoifQ._7BVojTBIJdBoUJIZQwCCyb8qXrcgGgE8Tjc4yMwsSmepRbqGur1o"
     "MGKXLe2ZBzji-kXNgK87Jg3OWVifxO4xw"},
    // ES384
    {"g7dP7QYoDkLMZNfo8GWfe3W247n7uuugWXqAxHXLths",
     "eyJhbGciOiJFUzM4NCIsImp3ayI6eyJjcnYiOiJQLTM4NCIsImt0eSI6IkVDIiwieCI6ImZKRk93TmI5LURlVHR1MUd"
     "VaDMtZWhTSVM0Q1NObmFrRkFtS1VqZVJ3WGFFUWFGa1JwM1lKM3ptSE1jT01US2MiLCJ5IjoiZnpEeFlFdDVaWE13MG"
     "FzdFRUUHdhNEx0WE1GYnZjZUpEOUlfaEhhemYyMWZvX0pEazJnLUdLazdlSGRoOW1vNyJ9LCJ0eXAiOiJjZXJ0YnJva"
     "2VyLWNoZWNrcG9pbnQifQ.eyJudW1iZXIiOjcsInNoYTI1NiI6ImFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhY"
     "mFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWIiLCJ0aW1lIjoiMjAyNi0xMS0yMVQwNzozMDowMC4yNVoi"
     "fQ.ukoOSODDLPYhdQiZ8ftImEJCowijVKCSdnOqOLG-XjhIozUVf8l1WH6cgwD9Nvszt1wEjDChTFLltiaingPe7sQ8"
     "F4_WxKmJfZhmIgH9SblN4ALuB6uwKiHfKgdcWoYR"},
    // RS256
    {"y3K3LRe42-0KLecDjk9fRqkk0Jqne4f4xpthcfCvZEo",
     "eyJhbGciOiJSUzI1NiIsImp3ayI6eyJlIjoiQVFBQiIsImt0eSI6IlJTQSIsIm4iOiI5MVNOWGxMWlpCNDBiNHFGUk8"
     "0TWxHM29maDVSOWxqcl9hdTBpMVF4cl90SU5pMW5xa1Mta1lVVzZPaEx4SXhIaVdSa0s2ckw2RS1ZbnhJY0swMFdhdT"
     "RyUHdRaXhsZ1NZcFRwV3BwU3JkazIzWWo4Mk1nMkNyX19HaUhyNGZ3RE9YOTltQ3MyX2VvOWhwTnVmSWdZRDYxX2kwc"
     "180Wk9jQm1mRG1EUWg3SmhCdnN5OWJHR2xXNFphMkhoYXJPOU5jbnhLdFNuaWxxaXROVzNpQTBheUVjRUo1a2lDVGFv"
     "OG9GejdUVVBTc21pQVR6eG16SFBzVndJU1ZFd1NHa1VCS2JUa21kUlpJQVp6X0VYVHkyN3Jwclp0UWJ5ZTJVUms5WjZ"
     "QN2hFUnhEWjZ6bm5Lb3lySXBEY1hoY1d1cjVzdVhwRkp5cDFnMWFtN29qNXVDT3lDSXcifSwidHlwIjoiY2VydGJyb2"
     "tlci1jaGVja3BvaW50In0.eyJudW1iZXIiOjcsInNoYTI1NiI6ImFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhY"
     "mFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWIiLCJ0aW1lIjoiMjAyNi0xMS0yMVQwNzozMDowMC4yNVoi"
     "fQ.mapj23giUBI2_mcug77vYRLgApF0JW0Udip1hhTLbSpSUZRHGnC8EsIRD1vt0K_xh78xdB3F5j19jFUdbtjGLWLA"
     "UmQqDZWix5mtguoD43z_uG5cTW3EI0OCOONy80dOpsowjIjYd52waydWbZ0ezyMhVBztI3LFxwjqDfYgC_c-qE_1H4z"
     "AJ0QspxO6aigVoKETEYI0lSKgC6lOj9ajEO7ZrSZAgjBWCPaKG3Vz5n6Zg4Xj76va3OqtZjBEiiPvAMjKy_T-pCSva7"
     "IrvSRuidVAI6JTj0epwCT5TAaJZ02V5MMtG2XIDRXTgEoKe2mv_OpDyTNe4vBuMBd-3PSFHQ"},
};
// clang-format on

TEST(CheckpointSignatureTest, TakesWhatAnotherLibraryMade) {
  for (const Made& made : kMade) {
    const auto verified = VerifyCheckpoint(made.jws);
    ASSERT_THAT(verified, IsOk());
    EXPECT_EQ(verified->thumbprint, made.thumbprint);
    EXPECT_EQ(verified->checkpoint.number, 7);
    EXPECT_EQ(verified->checkpoint.sha256, Bytes(32, 0xAB));
    EXPECT_EQ(FormatRfc3339(verified->checkpoint.create_time), "2026-11-21T07:30:00.250000Z");
  }
}

TEST(CheckpointSignatureTest, TakesNothingThatWasChanged) {
  for (const Made& made : kMade) {
    const std::string jws = made.jws;
    for (std::size_t at = 0; at + 2 < jws.size(); at += 7) {
      std::string changed = jws;
      changed[at] = changed[at] == 'A' ? 'B' : 'A';
      EXPECT_THAT(VerifyCheckpoint(changed), IsError(Reason::kInvalidArgument)) << at;
    }
  }
}

TEST(CheckpointSignatureTest, TakesNoOtherThing) {
  for (const char* text : {"", "a", "a.b", "..", "a.b.c", "e30.e30.", "e30.e30.e30",
                           "bnVsbA.bnVsbA.bnVsbA", "W10.W10.W10"}) {
    EXPECT_THAT(VerifyCheckpoint(text), IsError(Reason::kInvalidArgument)) << text;
  }
  // {"typ":1}, {"typ":"certbroker-checkpoint","jwk":{"kty":1}}, the same with "jwk":1.
  for (const char* header :
       {"eyJ0eXAiOjF9", "eyJ0eXAiOiJjZXJ0YnJva2VyLWNoZWNrcG9pbnQiLCJqd2siOnsia3R5IjoxfX0",
        "eyJ0eXAiOiJjZXJ0YnJva2VyLWNoZWNrcG9pbnQiLCJqd2siOjF9"}) {
    EXPECT_THAT(VerifyCheckpoint(std::string(header) + ".e30.AAAA"),
                IsError(Reason::kInvalidArgument));
  }
  // A request to a CA, though signed by the same key, is none.
  EXPECT_THAT(VerifyCheckpoint("eyJhbGciOiJFUzI1NiIsInVybCI6Imh0dHBzOi8vYS8ifQ.e30.AAAA"),
              IsError(Reason::kInvalidArgument, HasSubstr("header is another one")));
}

}  // namespace
}  // namespace certbroker::cli
