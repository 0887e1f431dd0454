#include "acme/link.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "acme/ascii.h"

namespace certbroker::acme {
namespace {

constexpr std::size_t kMaxLinks = 64;
constexpr std::size_t kMaxAlternates = 16;

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

// Reads one Link field from left to right (RFC 8288 appendix B.2).
class LinkReader {
 public:
  struct Raw {
    std::string_view target;
    std::string rel;  // as written: relation types with spaces between
  };

  explicit LinkReader(std::string_view text) : rest_(text) {}

  // Nothing at the end, or where the field stops making sense.
  std::optional<Raw> Next() {
    SkipWhile([](char c) { return IsSpace(c) || c == ','; });
    if (!Skip('<')) return std::nullopt;
    const std::size_t end = rest_.find('>');
    if (end == std::string_view::npos) return std::nullopt;
    Raw link{rest_.substr(0, end), {}};
    rest_.remove_prefix(end + 1);
    bool has_rel = false;
    for (SkipSpace(); Skip(';'); SkipSpace()) {
      auto [name, value] = Parameter();
      // RFC 8288 §3.3: all but the first rel are ignored.
      if (Lower(name) == "rel" && !std::exchange(has_rel, true)) link.rel = std::move(value);
    }
    return link;
  }

 private:
  template <class Predicate>
  std::string_view SkipWhile(Predicate predicate) {
    const auto* const end = std::ranges::find_if_not(rest_, predicate);
    const auto length = static_cast<std::size_t>(end - rest_.begin());
    const std::string_view skipped = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return skipped;
  }
  void SkipSpace() { SkipWhile(IsSpace); }
  bool Skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::pair<std::string_view, std::string> Parameter() {
    SkipSpace();
    const auto name =
        SkipWhile([](char c) { return !IsSpace(c) && c != '=' && c != ';' && c != ','; });
    SkipSpace();
    if (!Skip('=')) return {name, {}};
    SkipSpace();
    if (Skip('"')) return {name, Quoted()};
    return {name,
            std::string(SkipWhile([](char c) { return !IsSpace(c) && c != ';' && c != ','; }))};
  }

  // RFC 9110 §5.6.4, after the opening quote; one that never closes takes the rest.
  std::string Quoted() {
    std::string value;
    while (!rest_.empty() && !Skip('"')) {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    return value;
  }

  std::string_view rest_;
};

void AppendLinks(const LinkReader::Raw& raw, const HttpsUrl& base, std::vector<Link>& links) {
  const auto target = ResolveUrl(base, raw.target);
  if (!target) return;
  std::string_view types = raw.rel;
  while (!types.empty() && links.size() < kMaxLinks) {
    const std::size_t end = std::min(types.find(' '), types.size());
    if (end > 0) links.push_back({*target, Lower(types.substr(0, end))});
    types.remove_prefix(std::min(end + 1, types.size()));
  }
}

// RFC 3986 §5.2.4. `path` begins with '/'.
std::string WithoutDotSegments(std::string_view path) {
  std::vector<std::string_view> segments;
  std::string_view last;
  while (!path.empty()) {
    path.remove_prefix(1);
    last = path.substr(0, path.find('/'));
    path.remove_prefix(last.size());
    if (last == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (last != ".") {
      segments.push_back(last);
    }
  }
  std::string clean;
  for (const std::string_view segment : segments) clean.append("/").append(segment);
  if (last == "." || last == ".." || clean.empty()) clean += '/';
  return clean;
}

bool HasScheme(std::string_view reference) {
  const std::size_t colon = reference.find(':');
  return colon != std::string_view::npos && colon < reference.find_first_of("/?#");
}

}  // namespace

Result<HttpsUrl> ResolveUrl(const HttpsUrl& base, std::string_view reference) {
  if (HasScheme(reference)) return HttpsUrl::Parse(reference);
  if (reference.starts_with("//")) return HttpsUrl::Parse(fmt::format("https:{}", reference));
  const std::string_view text = base.ToString();
  constexpr std::size_t kAuthority = std::string_view("https://").size();
  const std::string_view server = text.substr(0, text.find_first_of("/?", kAuthority));
  const std::string_view target = text.substr(server.size());
  const std::string_view path = target.substr(0, target.find('?'));
  if (reference.empty()) return base;
  if (reference.starts_with('?'))
    return HttpsUrl::Parse(fmt::format("{}{}{}", server, path, reference));
  const std::string_view query = reference.substr(std::min(reference.find('?'), reference.size()));
  const std::string_view steps = reference.substr(0, reference.size() - query.size());
  const std::string_view folder =
      path.find('/') == std::string_view::npos ? "/" : path.substr(0, path.rfind('/') + 1);
  const std::string merged =
      steps.starts_with('/') ? std::string(steps) : fmt::format("{}{}", folder, steps);
  return HttpsUrl::Parse(fmt::format("{}{}{}", server, WithoutDotSegments(merged), query));
}

std::vector<Link> Links(const HttpResponse& response, const HttpsUrl& request_url) {
  std::vector<Link> links;
  for (const auto& [name, value] : response.headers) {
    if (name != "link") continue;
    LinkReader reader(value);
    while (links.size() < kMaxLinks) {
      const auto raw = reader.Next();
      if (!raw) break;
      AppendLinks(*raw, request_url, links);
    }
  }
  return links;
}

std::vector<HttpsUrl> AlternatesOf(const HttpResponse& response, const HttpsUrl& request_url) {
  std::vector<HttpsUrl> alternates;
  for (Link& link : Links(response, request_url)) {
    if (link.rel != "alternate" || link.target == request_url) continue;
    if (std::ranges::find(alternates, link.target) != alternates.end()) continue;
    if (alternates.size() < kMaxAlternates) alternates.push_back(std::move(link.target));
  }
  return alternates;
}

Result<HttpsUrl> LocationOf(const HttpResponse& response, const HttpsUrl& request_url) {
  const auto location = response.Header("location");
  if (!location || location->empty()) {
    return Error(Reason::kCaBadAnswer,
                 fmt::format("the CA's answer (HTTP {}) has no Location, so what it made cannot be "
                             "found again",
                             response.status));
  }
  auto url = ResolveUrl(request_url, *location);
  if (!url) return std::move(url).error().While("reading the Location of the CA's answer");
  return url;
}

}  // namespace certbroker::acme
