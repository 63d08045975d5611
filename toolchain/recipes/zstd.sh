# shellcheck shell=bash
# zstd with threads; without old formats, dictionary builder and deprecated functions.
. "$RECIPES/environment.sh"

windows=()
[ "$system" = Linux ] || windows=(OS=Windows_NT TARGET_SYSTEM=Windows_NT UNAME_TARGET_SYSTEM=Windows_NT)
make -C lib -j"$JOBS" libzstd.a-mt "${windows[@]}" CC="$CC" AR="$AR" ARFLAGS=rcsD WINDRES="${tool}windres" \
	ZSTD_LEGACY_SUPPORT=0 ZSTD_LIB_DICTBUILDER=0 ZSTD_LIB_DEPRECATED=0 CFLAGS="$flags"
cp lib/libzstd.a "$OUT/lib/"
cp lib/zstd.h lib/zstd_errors.h "$OUT/include/"
