# shellcheck shell=bash
# libcrypto and libssl: hashes, X25519, ChaCha20-Poly1305, HKDF, scrypt, EC, X.509, CMS, TS,
# TLS 1.2 and 1.3. No modules, no engines, no configuration file: the configured directory
# is one that an ordinary user cannot create, so nobody can plant anything there. No Windows
# certificate store: it alone would put crypt32.dll into the import table (docs/attack-surface.md).
. "$RECIPES/environment.sh"

case $TARGET in
linux) platform=linux-x86_64 nowhere=/nonexistent ;;
win64) platform=mingw64 nowhere=C:/Windows/System32/nonexistent ;;
win32) platform=mingw nowhere=C:/Windows/System32/nonexistent ;;
esac

# OpenSSL writes its flags into the library; its own file names are relative already.
flags=$(printf '%s\n' $flags | grep -v -e -ffile-prefix-map | tr '\n' ' ')
unset CC AR RANLIB

# shellcheck disable=SC2086
perl Configure $platform ${tool:+--cross-compile-prefix=$tool} --prefix=$nowhere --libdir=lib --openssldir=$nowhere \
	no-shared no-tests no-apps no-docs no-module no-dso no-engine no-legacy no-autoload-config no-pinshared \
	no-aria no-bf no-blake2 no-camellia no-cast no-des no-cmp no-comp no-ct no-dgram no-dtls no-ec2m no-gost \
	no-idea no-md2 no-md4 no-mdc2 no-nextprotoneg no-ocb no-psk no-quic no-rc2 no-rc4 no-rc5 no-rmd160 no-seed \
	no-siphash no-siv no-sm2 no-sm3 no-sm4 no-srp no-srtp no-ssl3 no-tls1 no-tls1_1 no-ssl-trace no-whirlpool \
	no-uplink no-winstore no-dsa no-dh no-fips $flags
make -j"$JOBS" build_libs ARFLAGS=qcD
cp libcrypto.a libssl.a "$OUT/lib/"
cp -r include/openssl "$OUT/include/"
rm -f "$OUT"/include/openssl/*.in
