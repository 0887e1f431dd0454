// cli/key_use_chain.h: checks the ledger's hash chain, from its newest record back to its first,
// with nothing but what the records say.
#pragma once

#include <cstdint>
#include <string>

#include "certbroker/v1/audit.pb.h"
#include "core/bytes.h"

namespace certbroker::cli {

class KeyUseChain {
 public:
  // The next older record.
  void Add(const v1::KeyUse& record);
  // There are no more.
  void End();

  std::int64_t records() const { return records_; }
  std::int64_t head_number() const { return head_number_; }  // 0: there is none
  const Bytes& head_sha256() const { return head_sha256_; }
  // The first thing that is wrong, newest first; empty: nothing.
  const std::string& problem() const { return problem_; }

 private:
  void Problem(std::int64_t number, std::string_view what);

  std::int64_t records_ = 0;
  std::int64_t head_number_ = 0;
  Bytes head_sha256_;
  std::int64_t expected_number_ = 0;
  Bytes expected_sha256_;
  std::string problem_;
};

}  // namespace certbroker::cli
