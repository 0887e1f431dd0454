// service/dev/stack_json.h: how others find their way into a running stack: DIR/stack.json.
//
// The file appears whole, and only when everything is ready; it goes when the stack ends. Fields
// are added, never renamed: scripts read them. All paths are absolute.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "service/dev/test_pki.h"

namespace certbroker::dev {

struct StackFacts {
  struct Identity {
    std::string name;
    std::string uri;
    KeyPairFiles files;
    std::vector<std::string> names;  // what policy grants, in its notation
  };

  std::filesystem::path directory;
  std::filesystem::path programs;  // the folder of certbroker and certbroker-agent
  std::string agent_address;       // host:port, gRPC with mutual TLS
  std::filesystem::path ca;        // what its certificate ends in
  std::string operator_address;    // "unix:/…"
  std::vector<Identity> identities;

  std::string pebble_program;
  std::string pebble_directory_url;
  std::filesystem::path pebble_tls_root;
  std::filesystem::path pebble_roots;
  std::string pebble_management_url;  // https, with the TLS root above
  std::string challenge_server_url;   // http
  std::uint16_t http_port = 0;        // where the CA looks for http-01 answers
  std::uint16_t tls_port = 0;
  std::string dns_address;

  std::string database_url;
  bool database_fsync = false;

  std::filesystem::path module;
  std::string token;
  std::filesystem::path pin_file;
  std::string key_label;
  std::string key_uri;
  std::filesystem::path softhsm2_conf;

  std::filesystem::path join_token;  // a file; empty: none was made
  std::filesystem::path service_config;
  std::filesystem::path policy;

  std::vector<std::pair<std::string, pid_t>> pids;  // "supervisor" among them
};

// Two spaces of indentation, a newline at the end. "version" 1.
std::string StackJson(const StackFacts& facts);

}  // namespace certbroker::dev
