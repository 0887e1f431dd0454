#include "acme/link.h"

#include <fmt/format.h>

#include "tests/support/result_matchers.h"

namespace certbroker::acme {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const HttpsUrl kBase = *HttpsUrl::Parse("https://ca.example:8443/acme/cert/abc?x=1/2");

std::vector<std::string> Read(std::vector<std::string> fields) {
  HttpResponse response;
  for (std::string& field : fields) response.headers.emplace_back("link", std::move(field));
  std::vector<std::string> read;
  for (const Link& link : Links(response, kBase)) {
    read.push_back(fmt::format("{} {}", link.rel, link.target.ToString()));
  }
  return read;
}

// tH6.
TEST(LinksTest, ReadsThemAllInOrder) {
  EXPECT_THAT(Read({R"(<https://ca.example/dir>;rel="index")"}),
              ElementsAre("index https://ca.example/dir"));
  EXPECT_THAT(Read({R"(<https://a/1>;rel="alternate", <https://a/2>; rel=alternate)",
                    R"(<https://a/3> ; title="x, <y>; z" ; rel = "up")"}),
              ElementsAre("alternate https://a/1", "alternate https://a/2", "up https://a/3"));
}

// F4, tH6: the other chains, whatever else the CA links to.
TEST(AlternatesTest, AreTakenFromAllHeadersOnceEach) {
  HttpResponse response;
  response.headers = {
      {"link", R"(<https://ca.example/dir>;rel="index", <1>;rel=alternate)"},
      {"content-type", "application/pem-certificate-chain"},
      {"link", R"(</acme/cert/abc/2>; rel="alternate")"},
      {"link",
       R"(<https://ca.example:8443/acme/cert/1>;rel="alternate", <http://a/>;rel=alternate)"},
      {"link", R"(<https://ca.example/up>;rel="up", <>;rel="alternate")"},
  };
  std::vector<std::string> read;
  for (const HttpsUrl& url : AlternatesOf(response, kBase)) read.push_back(url.ToString());
  EXPECT_THAT(read, ElementsAre("https://ca.example:8443/acme/cert/1",
                                "https://ca.example:8443/acme/cert/abc/2"));
}

TEST(AlternatesTest, AreBounded) {
  HttpResponse response;
  for (int i = 0; i < 100; ++i) {
    response.headers.emplace_back("link", fmt::format("<https://a/{}>;rel=alternate", i));
  }
  EXPECT_THAT(AlternatesOf(response, kBase), SizeIs(16));
  EXPECT_THAT(AlternatesOf({}, kBase), IsEmpty());
}

TEST(LinksTest, ResolvesRelativeTargets) {
  EXPECT_THAT(Read({R"(</acme/cert/abc/1>;rel=alternate, <2>;rel=alternate, <../dir>;rel=index)"}),
              ElementsAre("alternate https://ca.example:8443/acme/cert/abc/1",
                          "alternate https://ca.example:8443/acme/cert/2",
                          "index https://ca.example:8443/acme/dir"));
}

TEST(LinksTest, ReadsOddButLegalForms) {
  const struct {
    std::string_view name;
    std::string_view field;
    std::vector<std::string> want;
  } cases[] = {
      {"two relations",
       R"(<https://a/>;rel="alternate up")",
       {"alternate https://a/", "up https://a/"}},
      {"upper case", R"(<https://a/>;REL=Alternate)", {"alternate https://a/"}},
      {"the first rel counts", R"(<https://a/>;rel=up;rel=alternate)", {"up https://a/"}},
      {"an escape", R"(<https://a/>;title="\"";rel=up)", {"up https://a/"}},
      {"a parameter without value", R"(<https://a/>;crossorigin;rel=up)", {"up https://a/"}},
      {"an empty element", R"(, ,<https://a/>;rel=up,)", {"up https://a/"}},
      {"a comma in the target", R"(<https://a/1,2>;rel=up)", {"up https://a/1,2"}},
      {"spaces in rel", "<https://a/>;rel=\"  up  \"", {"up https://a/"}},
  };
  for (const auto& c : cases) EXPECT_EQ(Read({std::string(c.field)}), c.want) << c.name;
}

TEST(LinksTest, LeavesOutWhatCannotBeFollowed) {
  const std::string fields[] = {
      "",
      "garbage",
      "<https://a/",
      "<>",
      "<https://a/>",
      "<https://a/>;rel",
      "<https://a/>;rel=",
      "<http://a/>;rel=alternate",
      "<file:///etc/passwd>;rel=alternate",
      "<javascript:alert(1)>;rel=alternate",
      "<https://user@a/>;rel=alternate",
      "<//user@a/>;rel=alternate",
      "<https://a/\x01>;rel=alternate",
      "<https://a/#f>;rel=alternate",
      "rel=alternate;<https://a/>",
      ";;;;,,,,====",
      std::string(100'000, '<'),
      std::string(100'000, ';'),
      std::string(100'000, ','),
  };
  for (const std::string& field : fields)
    EXPECT_THAT(Read({field}), IsEmpty()) << field.substr(0, 40);
  EXPECT_THAT(Read({"<http://a/>;rel=up, <https://b/>;rel=up"}), ElementsAre("up https://b/"));
  EXPECT_THAT(Read({"<https://a/>;rel=\"up"}), ElementsAre("up https://a/"));
}

TEST(LinksTest, AreBounded) {
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += "<https://a/>;rel=\"a b c\",";
  EXPECT_THAT(Read({many, many}), SizeIs(64));
}

TEST(LinksTest, OtherFieldsAreNotLinks) {
  EXPECT_THAT(
      Links({.status = 200, .headers = {{"location", "<https://a/>;rel=up"}}, .body = ""}, kBase),
      IsEmpty());
}

TEST(ResolveUrlTest, FollowsTheRfc) {
  // RFC 3986 §5.4, what an https base leaves of it.
  const HttpsUrl base = *HttpsUrl::Parse("https://a/b/c/d;p?q");
  const struct {
    std::string_view reference;
    std::string_view want;
  } cases[] = {
      {"g", "https://a/b/c/g"},
      {"./g", "https://a/b/c/g"},
      {"g/", "https://a/b/c/g/"},
      {"/g", "https://a/g"},
      {"//g", "https://g"},
      {"?y", "https://a/b/c/d;p?y"},
      {"g?y", "https://a/b/c/g?y"},
      {";x", "https://a/b/c/;x"},
      {"", "https://a/b/c/d;p?q"},
      {".", "https://a/b/c/"},
      {"./", "https://a/b/c/"},
      {"..", "https://a/b/"},
      {"../", "https://a/b/"},
      {"../g", "https://a/b/g"},
      {"../..", "https://a/"},
      {"../../g", "https://a/g"},
      {"../../../../g", "https://a/g"},
      {"/./g", "https://a/g"},
      {"/../g", "https://a/g"},
      {"g.", "https://a/b/c/g."},
      {"..g", "https://a/b/c/..g"},
      {"./g/.", "https://a/b/c/g/"},
      {"g/../h", "https://a/b/c/h"},
      {"g;x=1/../y", "https://a/b/c/y"},
      {"g?y/../x", "https://a/b/c/g?y/../x"},
      {"https://z/./x", "https://z/./x"},  // absolute: byte for byte, it may have to be signed
  };
  for (const auto& c : cases) {
    const auto url = ResolveUrl(base, c.reference);
    ASSERT_THAT(url, IsOk()) << c.reference;
    EXPECT_EQ(url->ToString(), c.want) << c.reference;
  }
  EXPECT_EQ(ResolveUrl(*HttpsUrl::Parse("https://a"), "g")->ToString(), "https://a/g");
  EXPECT_EQ(ResolveUrl(*HttpsUrl::Parse("https://a?q"), "g")->ToString(), "https://a/g");
}

TEST(ResolveUrlTest, LeavesHttpsForNothing) {
  for (const std::string_view reference : {"http://a/", "HTTPS://a/", "ftp://a/", "mailto:x",
                                           "data:,x", "g:h", "https:g", "#s", "g#s"}) {
    EXPECT_THAT(ResolveUrl(kBase, reference), IsError(Reason::kCaBadAnswer)) << reference;
  }
}

TEST(LocationTest, MayBeRelativeButMustBeThere) {
  HttpResponse response{.status = 201, .headers = {}, .body = ""};
  EXPECT_THAT(LocationOf(response, kBase), IsError(Reason::kCaBadAnswer, HasSubstr("no Location")));
  response.headers = {{"location", ""}};
  EXPECT_THAT(LocationOf(response, kBase), IsError(Reason::kCaBadAnswer));
  response.headers = {{"location", "/acme/order/1"}};
  EXPECT_EQ(LocationOf(response, kBase)->ToString(), "https://ca.example:8443/acme/order/1");
  response.headers = {{"location", "http://ca.example/acme/order/1"}};
  EXPECT_THAT(LocationOf(response, kBase), IsError(Reason::kCaBadAnswer, HasSubstr("Location")));
}

}  // namespace
}  // namespace certbroker::acme
