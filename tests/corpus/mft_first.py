"""The number of the first record of a piece of an $MFT, by what most of its records say of themselves; 0 where they do not agree, and of a whole
one. Peers number the records of a piece from 0."""
import struct
from collections import Counter


def record_size(data):
    size = struct.unpack_from("<I", data, 28)[0] if len(data) >= 32 and data[:4] == b"FILE" else 0
    return size if size in (1024, 4096) else 1024


def first_number(data):
    size = record_size(data)
    votes, told = Counter(), 0
    for at in range(0, len(data) - size + 1, size):
        # A record of NTFS 3.1 says its number, before the array of the fix-up.
        if data[at:at + 4] == b"FILE" and struct.unpack_from("<H", data, at + 4)[0] >= 48:
            votes[struct.unpack_from("<I", data, at + 44)[0] - at // size] += 1
            told += 1
    best, count = votes.most_common(1)[0] if votes else (0, 0)
    return best if best > 0 and count * 2 > told else 0
