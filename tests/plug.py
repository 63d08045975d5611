#!/usr/bin/env python3
"""Pulls the plug: builds a directory from a write log (tests/fixtures/write_log.c) as a disk may have it that lost its power.

usage: plug.py LOG points COUNT SEED   so many numbers of operations: half of them any, half by the bytes that were written
       plug.py LOG POINT SEED DIR      the bundle below DIR as after POINT operations; what is there and is not what was
                                     written is told on stdout as JSON: {name of a file: [[from, to], ...]}

What was flushed is there: bytes of a file with its flush, names with the flush of the directory. Of what came after, each
write, or each page of 4 KiB of it, is dropped at random, and each change of the directory for itself: a rename, a new file
(it has no name then), a removal. Where a later byte stays, zeros stand for what was dropped before it; else the file ends."""
import json
import os
import random
import sys

PAGE = 4096


def read_log(path):
    """[word, ...] of each operation; the last of a write is its bytes."""
    with open(path, "rb") as log:
        while line := log.readline():
            words = line.decode().split()
            yield [*words, log.read(int(words[3]))] if words[0] == "write" else words


class File:
    def __init__(self):
        self.flushed = bytearray()
        self.pending = []  # ("write", offset, bytes) and ("cut", length) since the last flush

    def flush(self):
        self.flushed, _ = self.settle(lambda: True, None)
        self.pending = []

    def settle(self, stays, page):
        """Its bytes, and [from, to] that are others than was written."""
        bytes_now, lost = bytearray(self.flushed), []
        for word, at, content in self.pending:
            if word == "cut":
                del bytes_now[at:]
                continue
            step = page or max(1, len(content))
            for offset in range(0, len(content), step):
                piece = content[offset : offset + step]
                if not stays():
                    lost.append([at + offset, at + offset + len(piece)])
                    continue
                bytes_now.extend(bytes(max(0, at + offset - len(bytes_now))))
                bytes_now[at + offset : at + offset + len(piece)] = piece
        return bytes_now, [[start, min(end, len(bytes_now))] for start, end in lost if start < len(bytes_now)]


def change(names, words):
    """One change of a directory, where it still has something to change."""
    if words[0] == "create":
        names[words[2]] = int(words[1])
    elif words[0] == "rename" and words[1] in names:
        names[words[2]] = names.pop(words[1])
    elif words[0] == "remove":
        names.pop(words[1], None)


def main(log, point, seed, directory):
    chance = random.Random(int(seed))
    keep = chance.choice((0.02, 0.5, 0.9, 0.98, 0.995, 0.998))
    page = chance.choice((None, PAGE, PAGE))
    files, flushed, pending, bundle = {}, {}, [], None

    def stays():
        return chance.random() < keep

    for number, words in enumerate(read_log(log)):
        if number == int(point):
            break
        if words[0] == "mkdir":
            bundle = words[1]
        elif words[0] == "write":
            files[int(words[1])].pending.append(("write", int(words[2]), words[4]))
        elif words[0] == "cut":
            files[int(words[1])].pending.append(("cut", int(words[2]), None))
        elif words[0] == "flush":
            files[int(words[1])].flush()
        elif words[0] == "settle":
            for waiting in pending:
                change(flushed, waiting)
            pending = []
        else:
            pending.append(words)
            if words[0] == "create":
                files[int(words[1])] = File()
    for waiting in pending:
        if stays():
            change(flushed, waiting)
    lost = {}
    if bundle:
        os.mkdir(os.path.join(directory, bundle))
    for name, number in flushed.items():
        content, spoiled = files[number].settle(stays, page)
        with open(os.path.join(directory, bundle, name), "wb") as file:
            file.write(content)
        if spoiled:
            lost[name] = spoiled
    json.dump(lost, sys.stdout)


def points(log, count, seed):
    chance = random.Random(seed)
    sizes = [len(words[4]) if words[0] == "write" else 0 for words in read_log(log)]
    for number in range(count):
        at = chance.choices(range(len(sizes)), sizes if number % 2 else None)[0]
        print(at + 1)


if __name__ == "__main__":
    if sys.argv[2] == "points":
        points(sys.argv[1], int(sys.argv[3]), int(sys.argv[4]))
    else:
        main(*sys.argv[1:])
