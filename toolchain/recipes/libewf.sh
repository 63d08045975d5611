# shellcheck shell=bash
# needs: zlib
# Expert Witness images (E01), for Linux only (docs/adr/0008-libewf.md): the library alone, without threads, OpenSSL,
# and what the system may have of its parts.
. "$RECIPES/environment.sh"
[ "$TARGET" = linux ] || exit 0

parts="libcerror libcthreads libcdata libcdatetime libclocale libcnotify libcsplit libuna libcfile libcpath libbfio libfcache
	libfdata libfvalue libmfdata libhmac"
own=()
for part in $parts libodraw libsmdev libsmraw; do own+=("--with-$part=no"); done
./configure --host=$host --disable-shared --enable-static --disable-nls --disable-rpath --enable-python=no --enable-v1-api=no \
	--enable-multi-threading-support=no --enable-wide-character-type=no --with-openssl=no --with-libuuid=no \
	--with-libfuse=no --with-adler32=zlib "${own[@]}" \
	AR_FLAGS=crD CFLAGS="$flags" CPPFLAGS="-I$NEEDS/include" LDFLAGS="-L$NEEDS/lib"
for part in $parts; do make -j"$JOBS" -C "$part"; done
make -j"$JOBS" -C libewf libewf.la
cp libewf/.libs/libewf.a "$OUT/lib/"
mkdir "$OUT/include/libewf"
cp include/libewf.h "$OUT/include/"
cp include/libewf/*.h "$OUT/include/libewf/"
