#!/bin/sh
# The same step in a shell: JSON and exit statuses.
#
#   sh examples/deploy.sh OUT --max-size 500KB --max-latency 50ms
#
# TASK, PROTOCOL and CACHE may be set in the environment.
set -u
out=$1
shift
task=${TASK:-digits}
advice=$(dlmo-advise --task "$task" "$@" --format json)
status=$?
case $status in
0) ;;
1)
    echo "not deployed: nothing fits; what would change that:" >&2
    printf '%s' "$advice" |
        python3 -c 'import json, sys; print(*json.load(sys.stdin)["relaxations"], sep="\n")' >&2
    exit 1
    ;;
*)
    echo "not deployed: the question is wrong, status $status" >&2
    exit "$status"
    ;;
esac
pick=$(printf '%s' "$advice" | python3 -c '
import json, sys
pick = json.load(sys.stdin)["pick"]
print(pick["network"] + "+" + pick["strategy"])')
cache=${CACHE:-${TMPDIR:-/tmp}/dlmo-deploy}
dlmo-measure build "$pick" --task "$task" --protocol "${PROTOCOL:-quick}" --cache "$cache" \
    --out "$out" --quiet || {
    status=$?
    echo "not deployed: $pick can't be built, see above" >&2
    exit "$status"
}
dlmo-measure verify "$out" --cache "$cache" --quiet
status=$?
case $status in
0) echo "deployed $out" ;;
1) echo "not deployed: a promise of $pick does not hold, see above" >&2 ;;
*) echo "not deployed: $pick can't be verified, see above" >&2 ;;
esac
exit "$status"
