# shellcheck shell=bash
. "$RECIPES/environment.sh"

archive yyjson src/yyjson.c
cp src/yyjson.h "$OUT/include/"
