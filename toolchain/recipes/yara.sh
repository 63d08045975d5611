# shellcheck shell=bash
# needs: openssl
# libyara with pe, elf, dotnet, hash, math, time, string, console; no cuckoo, no magic.
. "$RECIPES/environment.sh"

case $TARGET in
linux) system_libraries="-lpthread -ldl -lm" ;;
*) system_libraries="-lws2_32 -lcrypt32 -lgdi32 -ladvapi32 -luser32" ;;
esac
./bootstrap.sh
./configure --host=$host --disable-shared --enable-static --with-crypto --enable-dotnet --disable-cuckoo --disable-magic \
	AR_FLAGS=crD CFLAGS="$flags" CPPFLAGS="-I$NEEDS/include" LDFLAGS="-L$NEEDS/lib" LIBS="-lcrypto $system_libraries"
make -j"$JOBS" libyara.la
cp .libs/libyara.a "$OUT/lib/"
cp -r libyara/include/yara.h libyara/include/yara "$OUT/include/"
