"""cut.py FILE OFFSET OUT: writes FILE from OFFSET (bytes) on to OUT, reading and writing only what is no hole: a disk of
128 GiB with 80 MB in it takes no longer than the 80 MB."""
import errno
import os
import sys

PIECE = 1 << 20


def next_data(fd, at):
    try:
        return os.lseek(fd, at, os.SEEK_DATA)
    except OSError as why:
        if why.errno == errno.ENXIO:  # nothing but a hole behind
            return None
        raise


def copy(source, to, at, end, offset):
    while at < end:
        piece = os.pread(source, min(PIECE, end - at), at)
        if not piece:
            return
        if piece.count(0) != len(piece):
            os.pwrite(to, piece, at - offset)
        at += len(piece)


def main():
    offset = int(sys.argv[2])
    source = os.open(sys.argv[1], os.O_RDONLY)
    to = os.open(sys.argv[3], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    size = os.fstat(source).st_size
    os.ftruncate(to, max(size - offset, 0))
    at = next_data(source, offset)
    while at is not None and at < size:
        end = os.lseek(source, at, os.SEEK_HOLE)
        copy(source, to, at, end, offset)
        at = next_data(source, end)


main()
