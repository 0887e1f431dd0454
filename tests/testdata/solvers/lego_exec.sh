#!/bin/sh
# As written for lego's exec provider: $1 action, $2 name with a trailing dot, $3 value.
set -eu
action=$1 fqdn=$2 value=$3
case "$action" in
present) echo "$fqdn 300 IN TXT \"$value\"" >>"$RECORDS" ;;
cleanup) grep -v -F "$value" "$RECORDS" >"$RECORDS.new" || true; mv "$RECORDS.new" "$RECORDS" ;;
*) echo "unknown action $action" >&2 && exit 64 ;;
esac
[ -x "$EXEC_PATH" ]
