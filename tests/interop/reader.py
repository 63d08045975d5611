#!/usr/bin/env python3
"""A second reader of Kanshiki bundles, written from docs/bundle-format.md ("Reading it") alone, with stock age, zstd and openssl: proof
that the page is enough, and a judge of ours. Whole volumes are held in memory: it is for tests.

usage: reader.py verify BUNDLE --ca PEM --identity KEY             one line "complete" or "in-progress", or what is wrong
       reader.py list BUNDLE --ca PEM --identity KEY               a JSON line for each row that gives content: path, size, sha256
       reader.py extract BUNDLE DIR --ca PEM --identity KEY        the files below DIR
"""
import argparse
import datetime
import hashlib
import json
import os
import re
import struct
import subprocess
import sys

SETS = ("live", "files", "memory", "meta")
VOLUME = re.compile(r"(live|files|memory|meta)\.(\d{3})\.tar\.zst\.age")
HEX = r"[0-9a-f]{64}"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z"
KEYS = (("format", "1"), ("collection_id", r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"), ("status", "complete|in-progress"),
        ("case", ".*"), ("host", ".*"), ("started", TIME), ("sealed", TIME), ("volumes", "0|[1-9][0-9]*"), ("journal_head", HEX),
        ("seal_cert_sha256", HEX), ("recipients", "age1[0-9a-z]+(?: age1[0-9a-z]+)*"))
PAX = ("path", "size", "mtime", "atime", "ctime", "LIBARCHIVE.creationtime")
FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\\\\]")


class Refused(Exception):
    pass


def want(true, why):
    if not true:
        raise Refused(why)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def tool(why, *command, data=None):
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    want(done.returncode == 0, f"{why}: {done.stderr.decode(errors='replace').strip()[:200]}")
    return done.stdout


def unique(pairs):
    want(len(pairs) <= 256, "more than 256 keys in JSON")
    want(len({key for key, _ in pairs}) == len(pairs), "a key twice in JSON")
    return dict(pairs)


def load(data, why):
    try:
        return json.loads(data, object_pairs_hook=unique)
    except ValueError as error:
        raise Refused(f"{why}: {error}") from None


def tar_time(text):
    """Units of 100 ns since 1970."""
    whole, _, part = text.lstrip("-").partition(".")
    ticks = int(whole or "0") * 10 ** 7 + int(part.ljust(7, "0") or "0")
    return -ticks if text.startswith("-") else ticks


def row_time(text):
    """The same of a row's text; 0 where there is none, or none in UTC. 1601 means none."""
    if not text or not text.endswith("Z") or text.startswith("1601-01-01T00:00:00.0000000"):
        return 0
    year, moment, part = re.fullmatch(r"(\+\d{6}|\d{4})(-.*?)(?:\.(\d{1,7}))?Z", text).groups()
    cycles = max(0, (int(year) - 2000) // 400) # of 400 years, each of 146097 days
    since = datetime.datetime.fromisoformat(f"{int(year) - 400 * cycles:04}{moment}") - datetime.datetime(1970, 1, 1)
    return ((since.days + 146097 * cycles) * 86400 + since.seconds) * 10 ** 7 + int((part or "").ljust(7, "0"))


def make_header(path, size, times):
    """The header blocks of an entry, as "A volume" says."""
    def decimal(ticks):
        return ("-" if ticks < 0 else "") + f"{abs(ticks) // 10 ** 7}.{abs(ticks) % 10 ** 7:07}".rstrip("0").rstrip(".")

    def block(name, kind, length, mtime):
        name = bytes(byte if 32 <= byte < 127 else 95 for byte in name)
        made = bytearray(512)
        for at, value in ((0, name), (100, b"0000600"), (108, b"0000000"), (116, b"0000000"), (124, b"%011o" % length), (136, b"%011o" % mtime),
                          (148, b" " * 8), (156, kind), (257, b"ustar\x0000"), (329, b"0000000"), (337, b"0000000")):
            made[at:at + len(value)] = value
        made[148:156] = b"%06o\0 " % sum(made)
        return bytes(made)

    raw, records = path.encode("utf-8", "surrogateescape"), []
    is_plain = times[0] % 10 ** 7 == 0 and 0 <= times[0] // 10 ** 7 < 8 ** 11
    if len(raw) > 100 or any(not 32 <= byte < 127 for byte in raw):
        records.append(("path", raw))
    if size >= 8 ** 11:
        records.append(("size", b"%d" % size))
    if times[0] and not is_plain:
        records.append(("mtime", decimal(times[0]).encode()))
    records += [(key, decimal(ticks).encode()) for key, ticks in zip(PAX[3:], times[1:]) if ticks]
    pax = b""
    for key, value in records:
        rest = b" %s=%s\n" % (key.encode(), value)
        length = next(n for n in range(len(rest) + 1, len(rest) + 9) if n == len(rest) + len(str(n)))
        pax += str(length).encode() + rest
    seconds = times[0] // 10 ** 7 if 0 <= times[0] // 10 ** 7 < 8 ** 11 else 0
    made = block(raw[-100:], b"0", 0 if size >= 8 ** 11 else size, seconds)
    return block(b"PaxHeaders/" + raw[-89:], b"x", len(pax), 0) + pax + bytes(-len(pax) % 512) + made if pax else made


def times_of(row):
    """What the header of the row's entry must say: modified, accessed, changed, created."""
    if row.get("si"):
        return [row_time(row["si"].get(key)) for key in ("modified", "accessed", "changed", "created")]
    if row.get("fat"):
        return [row_time(row["fat"].get(key)) for key in ("modified", "accessed", "", "created")]
    return [row_time(row.get("stored_at")), 0, 0, 0]


def check_name(name):
    want(not FORBIDDEN.search(name), f"{name!r}: a forbidden character")
    want(all(part not in ("", ".", "..") for part in name.split("/")), f"{name!r}: a forbidden component")


class Bundle:
    def __init__(self, path, authority, identity):
        self.path, self.authority, self.identity = path, authority, identity
        self.fields, self.listed = {}, {}
        self.rows, self.metas, self.volumes = [], {}, {}

    def file(self, name):
        with open(os.path.join(self.path, name), "rb") as file:
            return file.read()

    # 1 and 2
    def read_seal(self):
        names = os.listdir(self.path)
        manifest = "MANIFEST.sha256" if "MANIFEST.sha256" in names else "MANIFEST.sha256.new"
        lines = self.file(manifest).decode("utf-8").split("\n")
        want(lines.pop() == "", f"{manifest}: no newline at its end")
        want(len(lines) >= len(KEYS), f"{manifest}: it is cut off")
        for (key, pattern), line in zip(KEYS, lines):
            match = re.fullmatch(f"# {key}: ({pattern})", line)
            want(match, f"{manifest}: no '{key}' where it belongs")
            self.fields[key] = match[1]
        last = ""
        for line in lines[len(KEYS):]:
            match = re.fullmatch(f"({HEX})  ([A-Za-z0-9_][A-Za-z0-9._-]*)", line)
            want(match and match[2] > last, f"{manifest}: line '{line[:100]}'")
            last = match[2]
            self.listed[last] = match[1]
        seals = [name for name in ("MANIFEST.p7s", "MANIFEST.p7s.new") if name in names]
        want(seals, "MANIFEST.p7s is missing")
        for seal in seals:
            try:
                return self.check_seal(manifest, seal)
            except Refused:
                if seal == seals[-1]:
                    raise

    def check_seal(self, manifest, seal):
        where = os.path.join(self.path, seal)
        tool(seal, "openssl", "cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", where, "-content",
             os.path.join(self.path, manifest), "-CAfile", self.authority, "-out", os.devnull)
        signers = tool(seal, "openssl", "cms", "-verify", "-binary", "-cades", "-inform", "DER", "-in", where, "-content",
                       os.path.join(self.path, manifest), "-CAfile", self.authority, "-out", os.devnull, "-signer", "/dev/stdout")
        certificate = tool(seal, "openssl", "x509", "-outform", "DER", data=signers)
        want(sha256(certificate) == self.fields["seal_cert_sha256"], f"{seal}: by another certificate than the MANIFEST says")
        return seal

    # 3
    def check_files(self):
        for name, digest in self.listed.items():
            want(os.path.isfile(os.path.join(self.path, name)), f"{name}: missing")
            want(sha256(self.file(name)) == digest, f"{name}: not as it was sealed")
        volumes = [VOLUME.fullmatch(name) for name in self.listed]
        volumes = [(match[1], int(match[2])) for match in volumes if match]
        want(len(volumes) == int(self.fields["volumes"]), "MANIFEST.sha256: not as many volumes as it says")
        for each in SETS:
            numbers = sorted(number for name, number in volumes if name == each)
            want(numbers == list(range(1, len(numbers) + 1)), f"MANIFEST.sha256: volumes of {each} are not numbered without a gap")
            self.volumes[each] = numbers
        if self.fields["status"] != "complete":
            return
        known = set(self.listed) | {"MANIFEST.sha256", "MANIFEST.p7s", "MANIFEST.tsr", "MANIFEST.countersigned.p7s"}
        for name in os.listdir(self.path):
            bad = name.lower().endswith((".age", ".age.part")) or name.upper().startswith(("MANIFEST", "CUSTODY"))
            want(name in known or not bad, f"{name!r}: not listed")

    # 4
    def volume(self, each, index, at):
        name = f"{each}.{index:03}.tar.zst.age"
        plain = tool(name, "age", "-d", "-i", self.identity, os.path.join(self.path, name))
        magic, length = struct.unpack_from("<II", plain)
        want(magic == 0x184D2A5D and length <= 4096, f"{name}: no volume header")
        header = load(plain[8:8 + length], name)
        before = self.listed[f"{each}.{index - 1:03}.tar.zst.age"] if index > 1 else "0" * 64
        expected = {"format": 1, "collection_id": self.fields["collection_id"], "set": each, "index": index, "previous_sha256": before,
                    "tar_offset": at, "next_header": header.get("next_header")}
        want(header == expected, f"{name}: its header is {header}")
        count, zero, magic = struct.unpack_from("<IBI", plain, len(plain) - 9)
        want(magic == 0x8F92EAB1 and zero == 0, f"{name}: no seek table")
        table = len(plain) - 17 - 8 * count
        want(table >= 8 + length and struct.unpack_from("<II", plain, table) == (0x184D2A5E, 8 * count + 9), f"{name}: no seek table")
        frames = list(struct.iter_unpack("<II", plain[table + 8:len(plain) - 9]))
        want(8 + length + sum(packed for packed, _ in frames) == table, f"{name}: its frames do not fill it")
        want(all(content <= 4 << 20 for _, content in frames), f"{name}: a frame of more than 4 MiB")
        tar = tool(name, "zstd", "-dc", "-q", data=plain)
        want(len(tar) == sum(content for _, content in frames), f"{name}: its frames hold something else than its seek table says")
        return tar, header["next_header"]

    def open_set(self, each):
        tar, starts, nexts = b"", [], []
        for index in self.volumes[each]:
            starts.append(len(tar))
            content, following = self.volume(each, index, len(tar))
            nexts.append(following)
            tar += content
        return tar, starts, nexts

    # 5
    def entries(self, each, tar, starts, nexts):
        """Yields (path, header, data, size, is_cut, times)."""
        at, nexts = 0, list(zip(starts, nexts))
        while at < len(tar) and any(tar[at:at + 512]):
            while nexts and nexts[0][0] <= at:
                want(nexts.pop(0)[1] == at, f"{each}: a volume names another next header than the one at {at}")
            begin, pax = at, {}
            if tar[at + 156:at + 157] == b"x":
                _, _, size, _ = self.header(each, tar, at)
                pax = self.pax(each, tar[at + 512:at + 512 + size])
                end = at + 512 + (size + 511) // 512 * 512
                want(not any(tar[at + 512 + size:end]), f"{each}: bytes behind the pax header at {at}")
                at = end
            path, kind, size, mtime = self.header(each, tar, at)
            want(kind == b"0", f"{each}: an entry of type {kind} at {at}")
            path, size = pax.get("path", path), int(pax.get("size", size))
            check_name(path)
            times = [tar_time(pax.get("mtime", str(mtime)))] + [tar_time(pax.get(key, "0")) for key in PAX[3:]]
            end = at + 512 + (size + 511) // 512 * 512
            if end > len(tar):
                want(self.fields["status"] == "in-progress", f"{each}: cut off")
                yield path, begin, at + 512, size, True, times
            else:
                want(not any(tar[at + 512 + size:end]), f"{path}: bytes behind its end")
                yield path, begin, at + 512, size, False, times
            at = end
        want(all(following == at for _, following in nexts), f"{each}: a volume names another next header than the end at {at}")
        want(at >= len(tar) or (not any(tar[at:]) and len(tar) - at <= 20 * 512), f"{each}: bytes behind the end")

    def header(self, each, tar, at):
        block = tar[at:at + 512]
        want(len(block) == 512 and block[257:265] == b"ustar\x0000", f"{each}: no tar header at {at}")
        told = int(block[148:156].rstrip(b"\0 "), 8)
        want(told == sum(block[:148]) + sum(block[156:]) + 8 * 32, f"{each}: a wrong sum at {at}")
        prefix, name = (part.split(b"\0")[0].decode("utf-8", "surrogateescape") for part in (block[345:500], block[:100]))
        return prefix + "/" + name if prefix else name, block[156:157], int(block[124:136].rstrip(b"\0 "), 8), int(block[136:148].rstrip(b"\0 "), 8)

    def pax(self, each, data):
        found = {}
        while data:
            length = int(data.split(b" ", 1)[0])
            record = data[:length]
            want(record.endswith(b"\n"), f"{each}: a broken pax record")
            key, value = record.split(b" ", 1)[1][:-1].decode("utf-8").split("=", 1)
            want(key in PAX and key not in found, f"{each}: a pax record '{key}'")
            found[key] = value
            data = data[length:]
        return found

    # 6
    def read_meta(self):
        tar, starts, nexts = self.open_set("meta")
        last = 0
        for path, _, data, size, _, _ in self.entries("meta", tar, starts, nexts):
            want(path.startswith("meta/"), f"{path}: among the rows")
            name, content = path[5:], tar[data:data + size]
            if name.startswith("entries."):
                match = re.fullmatch(r"entries\.(\d{3})\.jsonl", name)
                want(match and int(match[1]) > last, f"{path}: out of order")
                last = int(match[1])
                self.rows += [load(line, path) for line in content.split(b"\n") if line]
            else:
                self.metas[name] = content
        head = "0" * 64
        names = sorted(name for name in self.metas if re.fullmatch(r"journal(\.\d{3})?\.jsonl", name))
        names = [name for name in names if name == "journal.jsonl"] + [name for name in names if name != "journal.jsonl"]
        for number, line in enumerate((line for name in names for line in self.metas[name].split(b"\n")[:-1]), 1):
            step = load(line, "meta/journal.jsonl")
            want(step["number"] == number and step["previous"] == head, f"meta/journal.jsonl: line {number}")
            head = sha256(line)
        want(head == self.fields["journal_head"], "meta/journal.jsonl: not the one that the MANIFEST names")

    def check_toc(self, extents):
        if not self.volumes["meta"]:
            return
        toc = load(self.metas["toc.json"], "meta/toc.json")
        want(toc["format"] == 1 and toc["collection_id"] == self.fields["collection_id"], "meta/toc.json: of another bundle")
        rest = {VOLUME.fullmatch(name)[0] for name in self.listed if VOLUME.fullmatch(name)}
        rest.discard(f"meta.{len(self.volumes['meta']):03}.tar.zst.age")
        for one in toc["volumes"]:
            name = f"{one['set']}.{one['index']:03}.tar.zst.age"
            want(one["name"] == name and name in rest and one["sha256"] == self.listed[name], f"meta/toc.json: {name}")
            rest.discard(name)
            data = self.file(name)
            want(one["bytes"] == len(data) and one["sha512"] == hashlib.sha512(data).hexdigest(), f"meta/toc.json: {name}")
            if one["set"] != "meta":
                want((one["tar_offset"], one["tar_bytes"]) == extents[name], f"meta/toc.json: place of {name}")
        want(not rest, f"meta/toc.json: nothing of {rest}")

    # 7
    def check(self):
        self.read_seal()
        self.check_files()
        self.read_meta()
        by_path, places, extents = {}, {}, {}
        for row in self.rows:
            check_name(row["path"])
            status, place, same = (row.get(key) for key in ("status", "place", "same_as"))
            want(isinstance(status, (str, type(None))) and isinstance(same, (str, type(None))), f"{row['path']}: status, same_as: not text")
            want(place is None or same is None, f"{row['path']}: both place and same_as")
            has = "place" if place is not None else "same_as" if same is not None else None
            fits = {"taken": "place", "partial": "place", "same_as": "same_as", "not_taken": None}
            want(fits.get(status, "") == has if status is not None else has, f"{row['path']}: its status is not what it has")
            if row.get("place") is None and row.get("same_as") is None:
                continue
            want(row["path"] not in by_path, f"{row['path']}: there twice")
            by_path[row["path"]] = row
            if place is not None:
                places[row["place"]["set"], row["place"]["tar"]] = row
        for row in by_path.values():
            want(row.get("place") or by_path.get(row["same_as"], {}).get("place"), f"{row['path']}: the same as nothing")
        self.tars = {}
        for each in SETS[:3]:
            tar, starts, nexts = self.open_set(each)
            self.tars[each] = tar
            for index, start in enumerate(starts):
                extents[f"{each}.{index + 1:03}.tar.zst.age"] = (start, (starts + [len(tar)])[index + 1] - start)
            for path, begin, data, size, is_cut, times in self.entries(each, tar, starts, nexts):
                row = places.pop((each, begin), None)
                if row is None:
                    is_last = is_cut or data + (size + 511) // 512 * 512 >= len(tar)
                    want(is_last and self.fields["status"] == "in-progress" and path not in by_path, f"{path}: no row tells of it")
                    continue
                place = row["place"]
                want(row["path"] == path and place["data"] == data and row["stored_size"] == size and not is_cut, f"{path}: its row says another place")
                want(starts[place["volume"] - 1] <= begin < (starts + [len(tar)])[place["volume"]], f"{path}: its row says another volume")
                want(tar[begin:data] == make_header(path, size, times), f"{path}: another header than a writer writes")
                want(row.get("continued") or times == times_of(row), f"{path}: its row says other times")
                want(row["sha256"] == sha256(tar[data:data + size]), f"{path}: other bytes than its row tells of")
        want(not places, f"{[row['path'] for row in places.values()][:3]}: not where the rows say")
        self.check_toc(extents)
        self.by_path = by_path

    # 8
    def content(self, row):
        holder = row if row.get("place") else self.by_path[row["same_as"]]
        place = holder["place"]
        stored = self.tars[place["set"]][place["data"]:place["data"] + holder["stored_size"]]
        if holder.get("stored") != "runs":
            return holder, [(0, stored)], len(stored)
        pieces, at, end = [], 0, 0
        for offset, length in holder["sparse_map"]:
            want(offset >= end and offset + length <= holder["size"], f"{holder['path']}: its sparse_map")
            pieces.append((offset, stored[at:at + length]))
            at, end = at + length, offset + length
        want(at == len(stored), f"{holder['path']}: its sparse_map")
        return holder, pieces, holder["size"]


def short(component):
    """What a file system of 255 bytes holds of it ("Names")."""
    data = component.encode("utf-8")
    if len(data) <= 255:
        return component
    dot = data.rfind(b".", max(1, len(data) - 32))
    extension = data[dot:] if dot > 0 else b""
    room = 255 - 9 - len(extension)
    return (data[:len(data) - len(extension)][:room].decode("utf-8", "ignore") + "~" + sha256(data)[:8] + extension.decode("utf-8"))


def extract(bundle, target):
    for path, row in bundle.by_path.items():
        _, pieces, size = bundle.content(row)
        to = os.path.join(target, *(short(part) for part in path.split("/")))
        os.makedirs(os.path.dirname(to), exist_ok=True)
        with open(to, "xb") as file:
            file.truncate(size)
            for at, data in pieces:
                file.seek(at)
                file.write(data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("verify", "list", "extract"))
    parser.add_argument("bundle")
    parser.add_argument("target", nargs="?")
    parser.add_argument("--ca", required=True)
    parser.add_argument("--identity", required=True)
    args = parser.parse_args()
    bundle = Bundle(args.bundle, args.ca, args.identity)
    try:
        bundle.check()
        if args.what == "verify":
            print(bundle.fields["status"])
        elif args.what == "list":
            for path, row in bundle.by_path.items():
                holder, _, size = bundle.content(row)
                print(json.dumps({"path": path, "size": size, "sha256": holder["sha256"]}, ensure_ascii=False, sort_keys=True))
        else:
            extract(bundle, args.target)
    except (Refused, ValueError, KeyError, TypeError, IndexError, OSError, struct.error) as error:
        print(f"refused: {error}", file=sys.stderr)
        return 65
    return 1 if bundle.fields["status"] == "in-progress" else 0


if __name__ == "__main__":
    sys.exit(main())
