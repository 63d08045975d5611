#!/bin/bash
# kill -9 at 50 random moments: every closed volume verifies and opens, with our tool and with age, zstd and tar.
# usage: tests/e2e/kill.sh BUILD
set -euo pipefail
build=${1:?usage: tests/e2e/kill.sh BUILD}
. "$(dirname "$0")/../lib.sh"
. "$tests/kill_lib.sh"
need age zstd tar

make_work
have_image
make_kit
kill_many 50 "$image.json" "$kanshiki" collect --kit "$work/kit" --out "$work/out-dir" --volume "C=$image" --take '**'
finish
