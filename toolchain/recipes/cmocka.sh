# shellcheck shell=bash
. "$RECIPES/environment.sh"

cmake_build cmocka -DWITH_EXAMPLES=OFF -DUNIT_TESTING=OFF
cp build/src/libcmocka.a "$OUT/lib/"
cp include/cmocka.h "$OUT/include/"
