#!/bin/sh
# The last full quarter's report, for cron or any other clock: one run at a time, a log a run, mail on failure.
# Usage: quarterly.sh DATA OUT [further options of cxresearch report]
# Environment: CXRESEARCH (the command), MAILTO (whom to tell; nobody unless given), MAILER (default: mail), LOGS (default: OUT/logs)
set -u
data=$1 out=$2
shift 2
command=${CXRESEARCH:-cxresearch} logs=${LOGS:-$out/logs}
umask 077
mkdir -p "$logs" || exit 2
log=$logs/$(date -u +%Y%m%dT%H%M%SZ).log

exec 9>"$logs/lock"
if ! flock -n 9; then
    echo "another run holds $logs/lock; nothing was done" >&2
    exit 75
fi

"$command" report --data "$data" --out "$out" --period last --fail-on-hold --log json "$@" >"$log" 2>&1
code=$?
if [ "$code" -ne 0 ] && [ -n "${MAILTO:-}" ]; then
    tail -n 40 "$log" | "${MAILER:-mail}" -s "cxresearch: the quarterly report ended with exit code $code" "$MAILTO"
fi
find "$logs" -name '*.log' -mtime +400 -delete
exit "$code"
