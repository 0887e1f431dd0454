#!/usr/bin/env bash
# As written for dehydrated: one function per hook, unknown hooks are passed over.
deploy_challenge() {
  local DOMAIN="${1}" TOKEN_FILENAME="${2}" TOKEN_VALUE="${3}"
  echo "add _acme-challenge.${DOMAIN}. ${TOKEN_VALUE} (${TOKEN_FILENAME})" >>"$RECORDS"
}
clean_challenge() {
  local DOMAIN="${1}" TOKEN_FILENAME="${2}" TOKEN_VALUE="${3}"
  echo "del _acme-challenge.${DOMAIN}. ${TOKEN_VALUE} (${TOKEN_FILENAME})" >>"$RECORDS"
}
HANDLER="$1"; shift
if [[ "${HANDLER}" =~ ^(deploy_challenge|clean_challenge)$ ]]; then "$HANDLER" "$@"; fi
