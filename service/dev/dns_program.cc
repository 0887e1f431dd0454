#include "service/dev/dns_program.h"

#include <fmt/core.h>

namespace certbroker::dev {
namespace {

// Nothing but bash is sure to be there: its /dev/tcp is the HTTP client.
constexpr const char* kScript = R"sh(#!/bin/bash
# Written by certbrokerd dev. present|cleanup FQDN. VALUE: makes the record at Pebble's DNS server.
set -euo pipefail
case "$1" in
  present) path=/set-txt body="{{\"host\":\"$2\",\"value\":\"$3\"}}" ;;
  cleanup) path=/clear-txt body="{{\"host\":\"$2\"}}" ;;
  *) echo "unknown action: $1" >&2 && exit 2 ;;
esac
exec 3<>/dev/tcp/127.0.0.1/{}
printf 'POST %s HTTP/1.0\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s' "$path" "${{#body}}" "$body" >&3
read -r _ status _ <&3
if [[ "$status" != 200 ]]; then
  echo "the DNS server answered $status" >&2
  exit 1
fi
)sh";

}  // namespace

std::string DnsProgram(int port) { return fmt::format(kScript, port); }

}  // namespace certbroker::dev
