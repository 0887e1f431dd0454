// tests/fakes/scripted_ca/problem.h: refusals as RFC 8555 §6.7 wants them told.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "tests/fakes/scripted_ca/http.h"

namespace certbroker::scripted_ca {

using Json = nlohmann::json;

struct Problem {
  int status = 400;
  std::string type;  // without the "urn:ietf:params:acme:error:" in front
  std::string detail;
  Json more = Json::object();  // members besides: "subproblems", "algorithms", "instance", …
  std::vector<std::pair<std::string, std::string>> headers = {};
};

Json ToJson(const Problem& problem);
Response ToResponse(const Problem& problem);
Response JsonResponse(int status, const Json& body);

inline Problem Malformed(std::string detail) { return {400, "malformed", std::move(detail)}; }
inline Problem NotFound(std::string detail) { return {404, "malformed", std::move(detail)}; }
inline Problem Unauthorized(std::string detail) { return {403, "unauthorized", std::move(detail)}; }

// A T, or why there is none: the server's own Result, whose errors are what clients get to read.
template <class T>
class [[nodiscard]] Outcome {
 public:
  // Implicit on purpose, as in core/result.h.
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}            // NOLINT
  Outcome(Problem problem) : state_(std::in_place_index<1>, std::move(problem)) {}  // NOLINT

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() { return std::get<0>(state_); }
  const T& operator*() const { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  const Problem& problem() const { return std::get<1>(state_); }

 private:
  std::variant<T, Problem> state_;
};

// Reads members without exceptions: nothing when absent or of another type.
const std::string* StringAt(const Json& object, const char* name);
bool BoolAt(const Json& object, const char* name);

}  // namespace certbroker::scripted_ca
