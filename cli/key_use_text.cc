#include "cli/key_use_text.h"

#include "cli/name_list.h"
#include "cli/when.h"
#include "client/table.h"

namespace certbroker::cli {

std::string KeyUsesText(const v1::ListKeyUsesResponse& list, Time now) {
  if (list.key_uses().empty()) return "No key uses on record.\n";
  client::Table table({"NUMBER", "TIME", "PURPOSE", "FOR", "AGENT", "KEY", "URL"});
  for (const v1::KeyUse& use : list.key_uses()) {
    table.Add({std::to_string(use.number()), When(use.create_time(), now), use.purpose(),
               use.subject(), use.agent(), use.thumbprint(), use.url()});
  }
  return table.Text() + MoreText(list.next_page_token());
}

}  // namespace certbroker::cli
