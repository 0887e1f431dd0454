// TXT records of dns-persist-01 (draft-ietf-acme-dns-persist), which people write. Input: the text
// of one.
#include "acme/persist_record.h"
#include "core/check.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {

bool Try(std::string_view input) {
  const auto record = acme::ParsePersistRecord(input);
  if (!record) {
    CheckError(record.error());
    return false;
  }
  CheckUrl(record->account_url);
  CheckPrintable(record->issuer_domain);
  const std::string text = acme::PersistRecordText(*record);
  CheckPrintable(text);
  const auto again = acme::ParsePersistRecord(text);
  CERTBROKER_CHECK(again && *again == *record);
  return true;
}

}  // namespace certbroker::fuzz
