/* Compares text_fold with the $UpCase of a volume. usage: corpus_upcase IMAGE OFFSET   prints the number of units that
 * differ, whether the table has fewer letters than ours ("fewer", or "as many"), and whether it is whole by the CRC-64 in
 * the stream $Info beside it (Windows 8 and later write one, and mkntfs): "whole", "damaged", "-" without one. Or "none"
 * when what lies there is no table: where a letter's upper case has another, or thousands of units have one. Exit 1 when
 * it cannot be read. */
#include "core/text.h"
#include "formats/ntfs/ntfs.h"
#include "platform/file.h"

#include <stdio.h>
#include <stdlib.h>

#define UNITS 65536u
#define CASED 2048u /* more units than any Windows has that are not their own upper case */

static uint64_t crc64(const uint8_t *at, size_t len)
{
	uint64_t crc = UINT64_MAX;

	for (size_t i = 0; i < len; i++) {
		crc ^= at[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT64_C(0x9a6c9329ac4bc9b5) : 0);
	}
	return ~crc;
}

static bool read_info(const struct ntfs_entry *entry, uint64_t *crc)
{
	static const uint8_t name[] = {'$', 0, 'I', 0, 'n', 0, 'f', 0, 'o', 0};
	const struct ntfs_stream *info =
	    ntfs_entry_stream(entry, NTFS_DATA, (struct bytes){name, sizeof(name)});

	if (!info || !info->resident || info->content.len < 16)
		return false;
	*crc = le64(info->content.at + 8);
	return true;
}

static bool read_table(struct source *raw, uint8_t *table, const char **state, struct err *err)
{
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(source_close) struct source *content = NULL;
	struct ntfs_reference where;
	uint64_t crc;

	if (!ntfs_volume_open(raw, &volume, err) ||
	    !ntfs_find(volume, bytes_of("$UpCase"), &where, err) ||
	    !ntfs_entry_load(ntfs_volume_mft(volume), where.record, &entry, err))
		return false;
	const struct ntfs_stream *stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0});

	if (!stream || !ntfs_stream_open(volume, &entry, stream, &content, err) ||
	    !source_read_exact(content, 0, table, (size_t)UNITS * 2, err))
		return false;
	if (read_info(&entry, &crc))
		*state = crc64(table, (size_t)UNITS * 2) == crc ? "whole" : "damaged";
	return true;
}

static bool is_table(const uint8_t *table, unsigned *cased)
{
	*cased = 0;
	for (uint32_t i = 0; i < UNITS; i++) {
		uint32_t upper = le16(table + (size_t)i * 2);

		*cased += upper != i;
		if (le16(table + (size_t)upper * 2) != upper || (i == 'a' && upper != 'A'))
			return false;
	}
	return *cased < CASED;
}

int main(int argc, char **argv)
{
	CLEANUP(source_close) struct source *file = NULL;
	CLEANUP(source_close) struct source *raw = NULL;
	static uint8_t table[UNITS * 2];
	struct err err = {0};
	unsigned differ = 0, cased, ours = 0;
	const char *state = "-";

	if (argc == 3 && file_open(argv[1], &file, &err))
		raw = source_window(file, strtoull(argv[2], NULL, 10), UINT64_MAX, false);
	if (!raw || !read_table(raw, table, &state, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (!is_table(table, &cased)) {
		puts("none");
		return 0;
	}
	for (uint32_t i = 0; i < UNITS; i++) {
		differ += text_fold(i) != le16(table + (size_t)i * 2);
		ours += text_fold(i) != i;
	}
	printf("%u\t%s\t%s\n", differ, cased < ours ? "fewer" : "as many", state);
	return 0;
}
