#!/bin/bash
# What both Windows programs bring with them, read from the files: which DLLs the loader takes for them, the
# protections, the oldest Windows, manifest and version; and that the same sources give the same bytes, from
# another directory too.
# usage: wine-tests/imports.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

# Loaded from the system directory whatever lies beside the program (KnownDLLs of Windows 7 to 11, ntdll).
allowed="kernel32 advapi32 user32 gdi32 msvcrt ws2_32 ntdll shell32 ole32 oleaut32 psapi setupapi"
# Forced by a library; each has its paragraph in docs/attack-surface.md.
tolerated="comctl32 crypt32 bcrypt iphlpapi version secur32"

# Newer than Windows 7 SP1: a program that imports one does not start there. Not complete (that would need the
# export lists of a Windows 7), but what libraries reach for.
too_new="GetSystemTimePreciseAsFileTime|WaitOnAddress|WakeByAddress.*|SetDefaultDllDirectories|AddDllDirectory"
too_new="$too_new|PrefetchVirtualMemory|GetCurrentThreadStackLimits|CreateFile2|CopyFile2|SetThreadDescription"
too_new="$too_new|GetOverlappedResultEx|ProcessPrng|GetTempPath2.|QueryUnbiasedInterruptTimePrecise|Path(Cch|Alloc).*"
too_new="$too_new|GetPackage.*|GetCurrentPackage.*|CreateWaitableTimerExA|SetProcessMitigationPolicy|VirtualAlloc2"
too_new="$too_new|GetProcessMitigationPolicy|GetDpiFor.*|SetProcessDpiAwareness.*|TryCreatePackageDependency"
too_new="$too_new|DiscardVirtualMemory|InitializeContext2|MapViewOfFile3|GetFileInformationByName|K32QueryWorkingSetEx2"

check_imports() {
	local dll symbol
	while read -r dll; do
		if [[ " $allowed " == *" $dll "* ]]; then
			continue
		elif [[ " $tolerated " == *" $dll "* ]]; then
			grep -qiE "^#+ .*\b$dll(\.dll)?\b" "$root/docs/attack-surface.md" ||
				complain "$arch: imports $dll.dll, which docs/attack-surface.md does not weigh"
		else
			complain "$arch: imports $dll.dll"
		fi
	done < <(sed -nE 's/^[[:space:]]*DLL Name: (.*)\.dll$/\1/Ip' "$work/p" | tr '[:upper:]' '[:lower:]' | sort -u)
	grep -qi 'DLL Name: KERNEL32' "$work/p" || complain "$arch: no import table was found"
	while read -r symbol; do
		complain "$arch: imports $symbol, which Windows 7 does not have"
	done < <(awk '/DLL Name:/ { in_table = 1 } /^$/ { in_table = 0 } in_table && NF == 3 { print $3 }' "$work/p" |
		grep -xE "$too_new")
	! grep -qE '^Entry d 0*[1-9a-f][0-9a-f]* ' "$work/p" || complain "$arch: has a delay import table"
}

# usage: header NAME   the value of a line of objdump -p
header() { awk -v name="$1" '$1 == name { print $2; exit }' "$work/p"; }

check_header() {
	local flag
	for flag in DYNAMIC_BASE NX_COMPAT $([ "$arch" = win32 ] || echo HIGH_ENTROPY_VA); do
		grep -qE "^[[:space:]]*$flag$" "$work/p" || complain "$arch: without $flag"
	done
	! grep -q 'relocations stripped' "$work/p" || complain "$arch: relocations are stripped: no ASLR"
	grep -qE '^Entry 5 [0-9a-f]+ 0*[1-9a-f][0-9a-f]* ' "$work/p" || complain "$arch: no relocations: no ASLR"
	grep -qE '^Entry 0 0+ 0+ ' "$work/p" || complain "$arch: has an export table"
	[ "$(header MajorOSystemVersion).$(header MinorOSystemVersion)" = 6.1 ] || complain "$arch: system version is not 6.1"
	[ "$(header MajorSubsystemVersion).$(header MinorSubsystemVersion)" = 6.1 ] || complain "$arch: subsystem version is not 6.1"
	[ "$(header Subsystem)" = 00000003 ] || complain "$arch: is no console program"
	grep -qE 'Time/Date[[:space:]]+Thu Jan +1 00:00:00 1970' "$work/p" || complain "$arch: holds the time of its making"
	! "$objdump" -h "$exe" | grep -qE ' \.(debug|zdebug)' || complain "$arch: holds debug sections"
}

# usage: holds TEXT   the program has it, in UTF-8 or UTF-16
holds() {
	grep -qaF -- "$1" "$exe" || grep -qaP -- "$(sed 's/./\\Q&\\E\\x00/g' <<<"$1")" "$exe"
}

check_resources() {
	local text
	grep -qE 'ID: 0x0*18\b' "$work/p" || complain "$arch: no manifest resource"
	grep -qE 'ID: 0x0*10\b' "$work/p" || complain "$arch: no version resource"
	for text in 'requestedExecutionLevel level="asInvoker"' 'longPathAware' 'UTF-8</activeCodePage>' \
		'{35138b9a-5d96-4fbd-8e2d-a2440225f93a}' ProductVersion OriginalFilename; do
		holds "$text" || complain "$arch: '$text' is not in it"
	done
	! grep -qaE -- "$root|/root/|/home/[a-z]" "$exe" || complain "$arch: holds paths of the machine that built it"
}

# The same sources elsewhere, built anew (our code only; the libraries are the same files).
check_reproducible() {
	local copy=$work/elsewhere/$arch kind
	mkdir -p "$copy"
	(cd "$root" && git ls-files -z --cached --others --exclude-standard | tar c --null -T - --ignore-failed-read) |
		tar x -C "$copy"
	kind=$(sed -n 's/^CMAKE_BUILD_TYPE:[^=]*=//p' "$root/build/$arch/CMakeCache.txt")
	if ! (cd "$copy" && cmake --preset "$arch" -DCMAKE_BUILD_TYPE="$kind" && cmake --build --preset "$arch" --target kanshiki) \
		>"$work/log" 2>&1; then
		complain "$arch: cannot be built from a copy of the tree"
		tail -n 20 "$work/log"
		return
	fi
	cmp "$exe" "$copy/build/$arch/kanshiki.exe" || complain "$arch: two builds differ"
}

make_work
for arch in win64 win32; do
	exe=$root/build/$arch/kanshiki.exe
	objdump=$([ "$arch" = win64 ] && echo x86_64-w64-mingw32-objdump || echo i686-w64-mingw32-objdump)
	[ -f "$exe" ] || { complain "'$exe' is not built"; continue; }
	"$objdump" -p "$exe" >"$work/p"
	check_imports
	check_header
	check_resources
	check_reproducible
done
finish
