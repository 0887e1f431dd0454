#include "tests/fakes/scripted_ca/problem.h"

namespace certbroker::scripted_ca {

Json ToJson(const Problem& problem) {
  Json json = problem.more;
  json["type"] = "urn:ietf:params:acme:error:" + problem.type;
  json["detail"] = problem.detail;
  json["status"] = problem.status;
  return json;
}

Response ToResponse(const Problem& problem) {
  Response response = JsonResponse(problem.status, ToJson(problem));
  response.content_type = "application/problem+json";
  response.headers = problem.headers;
  return response;
}

Response JsonResponse(int status, const Json& body) {
  // Text from requests may come back in answers; it need not be UTF-8.
  return {.status = status,
          .content_type = "application/json",
          .headers = {},
          .body = body.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

const std::string* StringAt(const Json& object, const char* name) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(name);
  return found == object.end() ? nullptr : found->get_ptr<const std::string*>();
}

bool BoolAt(const Json& object, const char* name) {
  if (!object.is_object()) return false;
  const auto found = object.find(name);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

}  // namespace certbroker::scripted_ca
