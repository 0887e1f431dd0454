// tests/fakes/fake_key_use_history.h: a record of key uses that a test wrote.
#pragma once

#include <algorithm>
#include <vector>

#include "core/page_token.h"
#include "core/ports/key_use_ledger.h"

namespace certbroker {

// Not thread-safe while `records` changes.
class FakeKeyUseHistory final : public KeyUseHistory {
 public:
  std::vector<RecordedKeyUse> records;  // newest first

  Result<Page<RecordedKeyUse>> List(const KeyUseFilter& filter, const PageRequest& page) override {
    std::string last;
    if (!page.token.empty()) {
      ASSIGN_OR_RETURN(last, ReadPageToken("key uses", page.token));
    }
    Page<RecordedKeyUse> found;
    for (const RecordedKeyUse& record : records) {
      if (!last.empty() && record.number >= std::stoll(last)) continue;
      if (!Fits(filter.subject, record.use.subject) || !Fits(filter.agent, record.use.agent) ||
          !Fits(filter.thumbprint, record.use.thumbprint)) {
        continue;
      }
      if (found.items.size() == static_cast<std::size_t>(page.size)) {
        found.next_token = MakePageToken("key uses", std::to_string(found.items.back().number));
        break;
      }
      found.items.push_back(record);
    }
    return found;
  }

 private:
  static bool Fits(const std::string& wanted, const std::string& is) {
    return wanted.empty() || wanted == is;
  }
};

}  // namespace certbroker
