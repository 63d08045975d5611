#!/usr/bin/env python3
"""Every field of a collection.json is in docs/bundle-format.md, and every field that the page has is written somewhere.
usage: fields.py PAGE SOURCES... <collection.json"""
import json
import re
import sys

GIVEN = {"evidence_no", "parent_collection", "dispatch", "authority", "operator", "witness", "location", "exclusions", "notes", "facts", "why", "media.given"}


# What has fields of its own, each of which is in the table.
OBJECTS = {"target", "clock", "clock.w32time", "tool", "profile", "seal", "media", "footprint", "totals", "verify"}


def fields(value, path):
    """Paths of all fields below, "[]" for the elements of lists."""
    if path in GIVEN:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}".lstrip(".")
            yield from fields(inner, f"{path}.{key}".lstrip("."))
    if isinstance(value, list):
        for inner in value:
            yield from fields(inner, path + "[]")


def documented(page):
    """The names in the table's first column, and those of fields of objects in its second."""
    with open(page, encoding="utf-8") as file:
        section = file.read().split("## Every field of `collection.json`\n", 1)[1].split("\n## ", 1)[0]
    names = set()
    for row in section.split("|---|---|---|\n", 1)[1].splitlines():
        if row.startswith("|"):
            first, second = row.split("|")[1:3]
            names.update(re.findall(r"`([^`]+)`", first))
            names.update(re.findall(r"`((?:clock|footprint)\.[a-z_.]+)`", second))
    return names


def main():
    said = documented(sys.argv[1])
    if len(said) < 100:
        sys.exit("the table is not read")
    wrong = []
    for name in sorted(set(fields(json.load(sys.stdin), ""))):
        if name.replace("footprint.program_medium.", "media.") not in said and name not in OBJECTS:
            wrong.append(f"{name}: written, but not in the page")
    written = ""
    for source in sys.argv[2:]:
        with open(source, encoding="utf-8") as file:
            written += file.read()
    for name in sorted(said):
        if f'"{name.split(".")[-1].replace("[]", "")}"' not in written:
            wrong.append(f"{name}: in the page, but never written")
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
