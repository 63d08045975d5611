# shellcheck shell=bash
. "$RECIPES/environment.sh"

# On Windows its messages go through mingw's own printf, as ours do, so that %zu is right.
if [ "$system" = Windows ]; then
	flags="$flags -D__USE_MINGW_ANSI_STDIO=1"
	sed -i 's/__format__ (__printf__,/__format__ (gnu_printf,/' include/cmocka.h
fi
cmake_build cmocka -DWITH_EXAMPLES=OFF -DUNIT_TESTING=OFF
cp build/src/libcmocka.a "$OUT/lib/"
cp include/cmocka.h "$OUT/include/"
