#include "service/config/database_url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace certbroker::config {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
  std::string_view url, shown;
};

TEST(DatabaseUrlTest, ShowsWhatIsHarmless) {
  const Case kCases[] = {
      {"postgresql:///certbroker?host=/run/postgresql",
       "postgresql:///certbroker?host=/run/postgresql"},
      {"postgres://bob@db.example:5432/cb?sslmode=verify-full&connect_timeout=5",
       "postgres://bob@db.example:5432/cb?sslmode=verify-full&connect_timeout=5"},
      {"host=/run/postgresql dbname=certbroker user='bob b'",
       "host=/run/postgresql dbname=certbroker user='bob b'"},
      {"  host = db.example   port=5432 ", "host=db.example port=5432"},
  };
  for (const Case& c : kCases) EXPECT_EQ(PrintableDatabaseUrl(c.url), c.shown);
}

// Every spelling in which libpq, or somebody's mistake, carries a password.
TEST(DatabaseUrlTest, HidesThePasswordInEverySpelling) {
  for (const std::string_view url : {
           "postgresql://bob:hunter2@db/cb",
           "postgresql://:hunter2@db/cb",
           "postgresql://bob:p@hunter2@db/cb",  // '@' should have been encoded
           "postgresql://bob:p?hunter2@db/cb",  // so should '?'
           "postgresql://bob:p/hunter2@db/cb",  // and '/'
           "postgresql://db/cb?password=hunter2",
           "postgresql://db/cb?user=bob&password=hunter2&sslmode=require",
           "postgresql://db/cb?p%61ssword=hunter2",  // libpq decodes keys
           "postgresql://db/cb?sslpassword=hunter2",
           "postgresql://db/cb?options=-c%20x%3Dhunter2",
           "postgresql://db/cb?hunter2",
           "host=db password=hunter2",
           "host=db password = hunter2 dbname=cb",
           "password='a hunter2' host=db",
           R"(password='it\'s hunter2' host=db)",
           R"(password=a\ hunter2 host=db)",
           "password='hunter2",  // never closed
           "host=db sslpassword=hunter2",
           "host=db hunter2",
           "hunter2",
       }) {
    SCOPED_TRACE(url);
    EXPECT_THAT(PrintableDatabaseUrl(url), Not(HasSubstr("hunter2")));
    EXPECT_THAT(PrintableDatabaseUrl(url), HasSubstr("***"));
  }
}

TEST(DatabaseUrlTest, KeepsTheRestBesideAHiddenPassword) {
  EXPECT_EQ(PrintableDatabaseUrl("postgresql://bob:hunter2@db:5432/cb?sslmode=require"),
            "postgresql://bob:***@db:5432/cb?sslmode=require");
  EXPECT_EQ(PrintableDatabaseUrl(R"(host=db password='it\'s x' dbname=cb)"),
            "host=db password=*** dbname=cb");
}

TEST(DatabaseUrlTest, NeverPrintsControlCharacters) {
  EXPECT_EQ(PrintableDatabaseUrl("host=db\x1b[31m"), "host=db?[31m");
}

}  // namespace
}  // namespace certbroker::config
