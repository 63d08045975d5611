# shellcheck shell=bash
# The amalgamation, made by the source's own tclsh scripts.
. "$RECIPES/environment.sh"

mkdir amalgamation
(cd amalgamation && CC=gcc AR=ar RANLIB=ranlib ../configure --disable-shared --disable-readline && make sqlite3.c sqlite3.h)
extra="-DSQLITE_THREADSAFE=1 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_DQS=0 -DSQLITE_ENABLE_FTS5"
archive sqlite3 amalgamation/sqlite3.c
cp amalgamation/sqlite3.h "$OUT/include/"
