# shellcheck shell=bash
# zlib without its file functions (gz*): nothing here uses them. Debian's tarball has no
# win32/ directory, so the files are compiled directly.
. "$RECIPES/environment.sh"

archive z adler32.c compress.c crc32.c deflate.c infback.c inffast.c inflate.c inftrees.c trees.c uncompr.c zutil.c
cp zlib.h zconf.h "$OUT/include/"
