#!/bin/bash
# DLLs planted beside kanshiki.exe, under every name that a forensic tool is likely to load, stay unloaded during a whole
# collection. A small program that loads one the careless way shows that they would work.
# usage: wine-tests/planting.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

names="iphlpapi version secur32 sspicli crypt32 cryptbase bcrypt comctl32 uxtheme dwmapi winnsi dnsapi netapi32
	userenv profapi wtsapi32 cryptsp rsaenh dbghelp msimg32 propsys ntmarta srvcli netutils wevtapi vssapi winmm"

# usage: plant DIRECTORY   a DLL of each name, that says so in a file beside it when it is loaded
plant() {
	local name
	cat >"$work/planted.c" <<-'C'
		#include <windows.h>

		BOOL WINAPI DllMain(HINSTANCE self, DWORD why, void *reserved)
		{
			wchar_t path[MAX_PATH];
			DWORD len = GetModuleFileNameW(self, path, MAX_PATH - 8);

			(void)reserved;
			if (why == DLL_PROCESS_ATTACH && len) {
				lstrcatW(path, L".loaded");
				CloseHandle(CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
			}
			return TRUE;
		}
	C
	"$compiler" -shared -s -o "$work/planted.dll" "$work/planted.c"
	for name in $names; do cp "$work/planted.dll" "$1/$name.dll"; done
}

# Not toolchain/wine-run, which sets the overrides anew.
wine_directly() { timeout -k 5 600 "$WINE" "$@"; }

# usage: probe NAME FLAGS   a program with our imports that loads iphlpapi.dll once; what that loads is left in $work/NAME
probe() {
	cat >"$work/probe.c" <<-'C'
		#include <winsock2.h>
		#include <windows.h>
		#include <shellapi.h>

		int main(void)
		{
			int count = GetSystemMetrics(0);
			HKEY key;

			LocalFree(CommandLineToArgvW(GetCommandLineW(), &count));
			WSASetLastError(RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"SOFTWARE", 0, KEY_READ, &key));
			return LoadLibraryExW(L"iphlpapi.dll", NULL, FLAGS) ? 0 : 1;
		}
	C
	"$compiler" -s -DFLAGS="$2" -o "$place/probe.exe" "$work/probe.c" -lshell32 -lws2_32 -luser32 -ladvapi32
	wine_directly "$place/probe.exe" >"$work/log" 2>&1 || true
	loaded >"$work/$1"
	rm -f "$place"/*.loaded
}

loaded() { (cd "$place" && find . -name '*.loaded' -printf '%f\n') | sed 's/\.dll\.loaded$//' | tr '[:upper:]' '[:lower:]' | sort; }

plant_and_collect() {
	local out=$work/out-$arch
	place=$work/place-$arch
	use_wine "$arch"
	# Wine prefers its own libraries whatever lies beside the program; Windows does not.
	export WINEDLLOVERRIDES="$WINEDLLOVERRIDES;$(tr -s ' \t\n' ',' <<<"$names" | sed 's/,$//')=n,b"
	map_volume X "$image"
	mkdir -p "$place" "$out"
	cp "$exe" "$place/"
	plant "$place"
	probe careless 0
	grep -qx iphlpapi "$work/careless" || complain "$arch: a planted DLL does not work: this test proves nothing"
	probe wine 0x800 # LOAD_LIBRARY_SEARCH_SYSTEM32: what is loaded all the same, Wine's own libraries ask for
	exe=$place/kanshiki.exe
	run "$arch: collect" "0|1" wine_directly "$exe" collect --kit "$(win_path "$work/kit")" --out "$(win_path "$out")" --volume 'C=\\.\X:'
	bundle_of_exe "$arch: collect" || return 0
	"$kanshiki" ls "$bundle" --keys "$work/keys" 2>/dev/null | grep -q 'live/network\.jsonl' ||
		complain "$arch: no connections were collected, so iphlpapi was not asked for"
	loaded | comm -23 - "$work/wine" >"$work/ours"
	[ ! -s "$work/ours" ] || complain "$arch: loaded from beside the program: $(tr '\n' ' ' <"$work/ours")"
}

make_work
have_image
make_kit
for arch in win64 win32; do
	compiler=$([ "$arch" = win64 ] && echo x86_64-w64-mingw32-gcc || echo i686-w64-mingw32-gcc)
	has_wine "$arch" || continue
	plant_and_collect
done
finish
