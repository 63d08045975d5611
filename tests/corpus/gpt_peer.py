"""gpt_peer.py IMAGE [SECTOR]: `first last` of every entry in use of the GUID partition table behind the first sector, as the UEFI
specification (5.3) lays it out: header at sector 1, whole by its checksum, entries where it says, one without a type GUID is unused."""
import struct
import sys
import zlib


def partitions(data, sector):
    header = data[sector:sector + 92]
    if header[:8] != b"EFI PART" or len(header) < 92:
        return
    length, crc = struct.unpack_from("<I", header, 12)[0], struct.unpack_from("<I", header, 16)[0]
    whole = data[sector:sector + length]
    at, count, size = struct.unpack_from("<QII", header, 72)
    entries = data[at * sector:at * sector + count * size]
    if zlib.crc32(whole[:16] + bytes(4) + whole[20:]) != crc:
        return
    for i in range(min(count, len(entries) // size) if size >= 56 else 0):
        first, last = struct.unpack_from("<QQ", entries, i * size + 32)
        if entries[i * size:i * size + 16] != bytes(16):
            yield first, last


def main():
    data = open(sys.argv[1], "rb").read(1 << 20)
    for sector in map(int, sys.argv[2:] or (512, 4096)):
        for first, last in partitions(data, sector):
            print(first, last)


main()
