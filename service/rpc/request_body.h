// service/rpc/request_body.h: the canonical octets of a request, for telling a repetition from
// another request.
#pragma once

#include <string>

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "core/bytes.h"

namespace certbroker::rpc {

// Deterministic for one version of the messages; unknown fields are part of it.
template <class Message>
Bytes RequestBody(const Message& message) {
  std::string text;
  {
    google::protobuf::io::StringOutputStream stream(&text);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return ToBytes(AsBytes(text));
}

}  // namespace certbroker::rpc
