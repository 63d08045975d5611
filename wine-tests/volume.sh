#!/bin/bash
# test_volume.exe against devices: \\.\X: that is an image, a physical drive, a shadow copy's device, and (as root) a
# loop device, whose size Wine cannot tell, so that reads have to find the end by themselves. 64 and 32 bits.
# usage: wine-tests/volume.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

loop=
detach() {
	[ -z "$loop" ] || losetup -d "$loop"
	cleanup
}

# usage: test_volume DEVICE
test_volume() {
	code=0
	KANSHIKI_TEST_DEVICE=$1 KANSHIKI_TEST_IMAGE=$(win_path "$work/image") \
		"$root/toolchain/wine-run" "$arch" "$root/build/$arch/tests/test_volume.exe" >"$work/out" 2>&1 || code=$?
}

# usage: read_device WHAT DEVICE
read_device() {
	test_volume "$2"
	# Once a whole run of Wine could list no volume at all, and none of 17 after it: its mount manager had not come up.
	if [ "$code" -ne 0 ] && grep -q 'cannot list the volumes' "$work/out"; then
		echo "$arch: $1: once more, with Wine begun anew: $(grep -m 1 'cannot list the volumes' "$work/out")"
		"$WINESERVER" -k || true
		"$WINESERVER" -w || true
		test_volume "$2"
	fi
	[ "$code" -eq 0 ] || { complain "$arch: $1: exit $code"; grep -v ' OK \| RUN ' "$work/out"; }
	! grep -q 'skipped: a device' "$work/out" || complain "$arch: $1: was not tested"
}

read_devices() {
	use_wine "$arch"
	map_volume X "$work/image"
	read_device 'a volume' '\\.\X:'
	read_device 'a bare letter' 'X:'
	ln -s "$work/image" "$WINEPREFIX/dosdevices/physicaldrive5"
	read_device 'a physical drive' '\\.\PhysicalDrive5'
	mkdir -p "$WINEPREFIX/dosdevices/globalroot/Device"
	ln -s "$work/image" "$WINEPREFIX/dosdevices/globalroot/Device/HarddiskVolumeShadowCopy1"
	read_device 'a shadow copy' '\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy1'
	[ -n "$loop" ] || return 0
	map_volume Y "$loop"
	read_device 'a device of unknown size' '\\.\Y:'
}

make_work
trap detach EXIT
# A size that is no multiple of 4096, as a volume of 512-byte sectors may have.
head -c $(((3 << 20) + 512)) /dev/urandom >"$work/image"
loop=$(losetup --find --show --read-only "$work/image" 2>/dev/null) || echo "skipped: loop devices (root, /dev/loop-control)"
for arch in win64 win32; do
	has_wine "$arch" || continue
	read_devices
done
finish
