# shellcheck shell=bash
# What every recipe starts from: build-deps runs them in the unpacked source with TARGET
# (linux, win64, win32), OUT (put include/ and lib/ here), NEEDS (the libraries below) and JOBS.
set -euo pipefail

flags="-O2 -g0 -ffunction-sections -fdata-sections -ffile-prefix-map=$PWD=. -ffile-prefix-map=$NEEDS=needs"
windows_flags="-D_WIN32_WINNT=0x0601"
case $TARGET in
linux)
	tool= host=x86_64-linux-gnu system=Linux processor=x86_64
	flags="$flags -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2"
	;;
win64)
	tool=x86_64-w64-mingw32- host=x86_64-w64-mingw32 system=Windows processor=x86_64
	flags="$flags $windows_flags"
	;;
win32)
	tool=i686-w64-mingw32- host=i686-w64-mingw32 system=Windows processor=x86
	flags="$flags $windows_flags -msse2 -mstackrealign"
	;;
esac
export CC=${tool}gcc AR=${tool}ar RANLIB=${tool}ranlib
export PKG_CONFIG_LIBDIR=/nonexistent # nothing of the system's

# archive NAME FILE.c...: compiles each file with $flags and the includes in $extra.
archive() {
	local library=$1 file object
	local -a objects=()
	shift
	mkdir -p objects
	for file in "$@"; do
		object=objects/$(basename "${file%.*}").o
		# shellcheck disable=SC2086
		$CC $flags ${extra:-} -c "$file" -o "$object"
		objects+=("$object")
	done
	"$AR" rcsD "$OUT/lib/lib$library.a" "${objects[@]}"
}

# cmake_build TARGET OPTION...: configures out of tree for $TARGET and builds one target.
cmake_build() {
	local target=$1
	shift
	local -a cross=()
	if [ "$system" = Windows ]; then
		cross=(-DCMAKE_SYSTEM_NAME=Windows -DCMAKE_SYSTEM_PROCESSOR="$processor" -DCMAKE_RC_COMPILER="${tool}windres")
	fi
	cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_C_COMPILER="$CC" -DCMAKE_AR="$(command -v "$AR")" \
		-DCMAKE_C_FLAGS="$flags" -DBUILD_SHARED_LIBS=OFF \
		-DCMAKE_FIND_ROOT_PATH="$NEEDS" -DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
		"${cross[@]}" "$@"
	cmake --build build --parallel "$JOBS" --target "$target"
}
