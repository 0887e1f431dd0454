#include "tests/pkcs11_shim/orders.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace certbroker::shim {
namespace {

[[noreturn]] void Reject(const std::string& line) {
  std::fprintf(stderr, "the shim does not understand \"%s\"\n", line.c_str());
  std::abort();
}

CK_ULONG NumberOf(const std::string& word, const std::string& line) {
  char* end = nullptr;
  const CK_ULONG number = std::strtoul(word.c_str(), &end, 0);
  if (word.empty() || *end != '\0') Reject(line);
  return number;
}

void ReadOption(const std::string& word, const std::string& line, Rule& rule) {
  if (word.starts_with("after=")) {
    rule.after = static_cast<long>(NumberOf(word.substr(6), line));
  } else if (word == "output=short") {
    rule.output = Output::kShort;
  } else if (word == "output=long") {
    rule.output = Output::kLong;
  } else if (word == "output=wrong") {
    rule.output = Output::kWrong;
  } else {
    Reject(line);
  }
}

Rule ReadRule(std::istream& words, const std::string& line) {
  Rule rule;
  std::string rv;
  std::string delay;
  if (!(words >> rv >> rule.left >> delay)) Reject(line);
  rule.rv = NumberOf(rv, line);
  rule.hold = delay == "hold";
  if (!rule.hold) rule.delay = std::chrono::milliseconds(NumberOf(delay, line));
  for (std::string option; words >> option;) ReadOption(option, line, rule);
  return rule;
}

void ReadProperty(const std::string& name, std::istream& words, const std::string& line,
                  Orders& orders) {
  std::string value;
  words >> value;
  if (name == "RENUMBER") {
    orders.renumber = true;
  } else if (name == "NOROSESSIONS") {
    orders.read_write_only = true;
  } else if (name == "SERIAL") {
    orders.serial = value;
  } else if (name == "MAXSESS") {
    orders.max_sessions = NumberOf(value, line);
  } else if (name == "PINTRIES") {
    orders.pin_tries = static_cast<int>(NumberOf(value, line));
  } else if (name == "TOKENFLAGS") {
    orders.token_flags = NumberOf(value, line);
  } else if (name == "NOMECH") {
    orders.missing_mechanisms.insert(NumberOf(value, line));
  } else {
    Reject(line);
  }
}

}  // namespace

Orders ReadOrders(std::istream& text) {
  Orders orders;
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string name;
    if (!(words >> name)) continue;
    if (name.starts_with("C_")) {
      orders.rules[name].push_back(ReadRule(words, line));
    } else {
      ReadProperty(name, words, line, orders);
    }
  }
  return orders;
}

}  // namespace certbroker::shim
