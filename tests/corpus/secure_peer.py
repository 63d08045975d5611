"""secure_peer.py SDS LISTING: every entry of a $SDS against what corpus_secure printed. The hash and the SHA-256 are
counted here; with dissect installed, owner, group and every ACE (kind, flags, rights, SID) are compared as well."""
import hashlib, re, struct, sys

try:
    from dissect.ntfs.secure import SecurityDescriptor
    import io
except ImportError:
    SecurityDescriptor = None

SIDS = {"WD": "1-0", "CO": "3-0", "CG": "3-1", "OW": "3-4", "NU": "5-2", "IU": "5-4", "SU": "5-6", "AN": "5-7",
        "ED": "5-9", "PS": "5-10", "AU": "5-11", "RC": "5-12", "SY": "5-18", "LS": "5-19", "NS": "5-20", "WR": "5-33",
        "BA": "5-32-544", "BU": "5-32-545", "BG": "5-32-546", "PU": "5-32-547", "AO": "5-32-548", "SO": "5-32-549",
        "PO": "5-32-550", "BO": "5-32-551", "RE": "5-32-552", "RU": "5-32-554", "RD": "5-32-555", "NO": "5-32-556",
        "MU": "5-32-558", "LU": "5-32-559", "IS": "5-32-568", "CY": "5-32-569", "ER": "5-32-573", "CD": "5-32-574",
        "RA": "5-32-575", "ES": "5-32-576", "MS": "5-32-577", "HA": "5-32-578", "AA": "5-32-579", "RM": "5-32-580",
        "UD": "5-84-0-0-0-0-0", "AC": "15-2-1", "LW": "16-4096", "ME": "16-8192", "MP": "16-8448", "HI": "16-12288",
        "SI": "16-16384", "AS": "18-1", "SS": "18-2"}
KINDS = {"A": 0, "D": 1, "AU": 2, "AL": 3, "OA": 5, "OD": 6, "OU": 7, "OL": 8, "XA": 9, "XD": 10, "ZA": 11, "XU": 13,
         "ML": 0x11, "RA": 0x12, "SP": 0x13, "TL": 0x14, "FL": 0x15}
WHOLE = {"FA": 0x1F01FF, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200A0}
RIGHTS = {"CC": 1, "DC": 2, "LC": 4, "SW": 8, "RP": 16, "WP": 32, "DT": 64, "LO": 128, "CR": 256, "SD": 1 << 16,
          "RC": 1 << 17, "WD": 1 << 18, "WO": 1 << 19, "GA": 1 << 28, "GX": 1 << 29, "GW": 1 << 30, "GR": 1 << 31,
          "NW": 1, "NR": 2, "NX": 4}
FLAGS = {"OI": 1, "CI": 2, "NP": 4, "IO": 8, "ID": 16, "CR": 32, "SA": 64, "FA": 128}


def full(sid):
    return "S-1-" + SIDS[sid] if sid in SIDS else sid


def pairs(text, table):
    return sum(table[text[i:i + 2]] for i in range(0, len(text), 2))


def split(text):
    """The parts of an SDDL and the ACEs of its ACLs, parentheses and quotes respected."""
    parts, aces, depth, quoted, start = {}, {"D": [], "S": []}, 0, False, 0
    letter, at = None, 0
    while at < len(text):
        c = text[at]
        if c == '"':
            quoted = not quoted
        elif not quoted and c == "(":
            if depth == 0:
                start = at + 1
            depth += 1
        elif not quoted and c == ")":
            depth -= 1
            if depth == 0:
                aces[letter].append(text[start:at].split(";", 6))
        elif depth == 0 and text[at + 1:at + 2] == ":":
            letter = c
            parts[letter] = ""
            at += 1
        elif depth == 0:
            parts[letter] += c
        at += 1
    return parts, aces


def ace(fields):
    """An ACE of a kind that SDDL has no words for is written as its bytes."""
    rights = fields[2]
    if rights.startswith("#"):
        return int(fields[0], 16), pairs(fields[1], FLAGS), rights[1:].lower(), None
    mask = int(rights, 16) if rights.startswith("0x") else WHOLE[rights] if rights in WHOLE else pairs(rights, RIGHTS)
    return KINDS[fields[0]], pairs(fields[1], FLAGS), mask, full(fields[5])


def ace_bodies(raw, field):
    """The bytes behind the header of each ACE of the ACL whose offset stands at `field`, in hexadecimal."""
    at = struct.unpack_from("<I", raw, field)[0]
    bodies, pos = [], at + 8
    for _ in range(struct.unpack_from("<H", raw, at + 4)[0] if at else 0):
        size = struct.unpack_from("<H", raw, pos + 2)[0]
        bodies.append(raw[pos + 4:pos + size].hex())
        pos += size
    return bodies


def compare(raw, sddl):
    parts, aces = split(sddl)
    theirs = SecurityDescriptor(io.BytesIO(raw))
    assert full(parts.get("O", "")) == (theirs.owner or ""), "owner"
    assert full(parts.get("G", "")) == (theirs.group or ""), "group"
    for letter, acl in (("D", theirs.dacl), ("S", theirs.sacl)):
        ours = [ace(fields) for fields in aces[letter]]
        other = [(int(a.header.AceType), int(a.header.AceFlags), a.mask, a.sid) for a in acl.ace] if acl else []
        bodies = ace_bodies(raw, 16 if letter == "D" else 12)
        other = [o if i >= len(ours) or ours[i][3] else (o[0], o[1], bodies[i], None) for i, o in enumerate(other)]
        assert ours == other, "%s: %s, not %s" % (letter, ours, other)


def main():
    data = open(sys.argv[1], "rb").read()
    listing = {}
    for line in open(sys.argv[2], encoding="utf-8"):
        number, sha256, damage, owner, sddl = line.rstrip("\n").split("\t")
        listing[int(number)] = (sha256, damage, owner, sddl)
    at, found, compared = 0, 0, 0
    while at + 20 <= len(data):
        if at >> 18 & 1:  # the mirror copy
            at = (at | 0x3FFFF) + 1
            continue
        stored, number, offset, size = struct.unpack_from("<IIQI", data, at)
        if offset != at or size <= 20 or at + size > len(data):
            at += 16
            continue
        raw = data[at + 20:at + size]
        value = 0
        for word in struct.unpack("<%dI" % (len(raw) // 4), raw[:len(raw) // 4 * 4]):
            value = ((value << 3 | value >> 29) + word) & 0xFFFFFFFF
        assert value == stored, "hash of %d" % number
        sha256, damage, owner, sddl = listing.pop(number)
        assert hashlib.sha256(raw).hexdigest() == sha256 and not damage, "bytes of %d" % number
        assert not owner or full(split(sddl)[0]["O"]) == owner, "owner of %d" % number
        if SecurityDescriptor:
            compare(raw, sddl)
            compared += 1
        found += 1
        at += (size + 15) // 16 * 16
    assert not listing, "ids that are not there: %s" % sorted(listing)[:5]
    print(found, compared)


main()
