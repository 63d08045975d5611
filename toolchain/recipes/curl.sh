# shellcheck shell=bash
# needs: openssl
# HTTP and HTTPS 1.1 alone, for time stamps, on Linux only (docs/adr/0010-libcurl.md): no other protocol, no proxy, no cookies, no
# log-in, no compression, no file of the system that could change what it does.
. "$RECIPES/environment.sh"
[ "$TARGET" = linux ] || exit 0

off="ares rt httpsrr ech ftp file ipfs ldap ldaps rtsp proxy dict telnet tftp pop3 imap smb smtp gopher mqtt manual docs
	libcurl-option openssl-auto-load-config versioned-symbols verbose basic-auth bearer-auth digest-auth kerberos-auth negotiate-auth
	aws ntlm tls-srp unix-sockets cookies http-auth doh mime form-api netrc progress-meter dnsshuffle get-easy-options alt-svc
	headers-api hsts websockets shared"
options=()
for what in $off; do options+=("--disable-$what"); done
for what in ca-bundle ca-path zlib brotli zstd libpsl libgsasl libssh2 libssh librtmp libidn2 nghttp2 nghttp3 zsh-functions-dir \
	fish-functions-dir; do options+=("--without-$what"); done
./configure --host=$host --enable-static --enable-http --enable-ipv6 --enable-threaded-resolver --enable-symbol-hiding \
	--with-openssl="$NEEDS" "${options[@]}" AR_FLAGS=crD CFLAGS="$flags" CPPFLAGS="-I$NEEDS/include" LDFLAGS="-L$NEEDS/lib" \
	LIBS="-lpthread -ldl"
make -j"$JOBS" -C lib libcurl.la
cp lib/.libs/libcurl.a "$OUT/lib/"
mkdir "$OUT/include/curl"
cp include/curl/*.h "$OUT/include/curl/"
