# shellcheck shell=bash
# needs: zlib zstd
# libarchive with zlib and zstd only, no programs, no cryptography.
. "$RECIPES/environment.sh"

off=()
for option in OPENSSL CNG NETTLE MBEDTLS LIBB2 LIBXML2 EXPAT WIN32_XMLLITE PCREPOSIX PCRE2POSIX LZMA BZip2 LZ4 LZO \
	LibGCC ICONV ACL XATTR XAR TAR CPIO CAT UNZIP TEST INSTALL WERROR; do
	off+=("-DENABLE_$option=OFF")
done
cmake_build archive_static "${off[@]}" -DWINDOWS_VERSION=WIN7 \
	-DHAVE_LIBMD=0 -DHAVE_MD5_H=0 -DHAVE_RIPEMD_H=0 -DHAVE_SHA_H=0 -DHAVE_SHA256_H=0 -DHAVE_SHA512_H=0 -DHAVE_LIBCHARSET=0 \
	-DZLIB_LIBRARY="$NEEDS/lib/libz.a" -DZLIB_INCLUDE_DIR="$NEEDS/include" \
	-DZSTD_LIBRARY="$NEEDS/lib/libzstd.a" -DZSTD_INCLUDE_DIR="$NEEDS/include"
cp build/libarchive/libarchive.a "$OUT/lib/"
cp libarchive/archive.h libarchive/archive_entry.h "$OUT/include/"
