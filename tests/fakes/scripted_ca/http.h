// tests/fakes/scripted_ca/http.h: a request and its answer, as the server hands them around.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace certbroker::scripted_ca {

struct Request {
  std::string method = {};
  std::string target = {};  // path and query, as sent
  std::string content_type = {};
  std::string user_agent = {};
  std::string address = {};  // of the client, without port
  std::string body = {};
};

struct Response {
  int status = 200;
  std::string content_type = {};  // empty: none sent
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
};

// What really leaves the server: an answer, or less.
struct Delivery {
  Response response = {};
  bool drop = false;                          // close the connection instead
  std::chrono::milliseconds delay{0};         // before the first octet
  std::optional<std::size_t> cut_after = {};  // close after so many octets of the promised body
  std::size_t octets_per_second = 0;          // of the body; 0: as fast as it goes
  std::optional<std::string> raw = {};        // instead of the response; then close
};

}  // namespace certbroker::scripted_ca
