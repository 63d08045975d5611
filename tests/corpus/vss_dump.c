/* Prints what formats/vss reads, one tab-separated line each, for corpus/vss.sh to compare with others. Snapshots are
 * numbered from 1, the oldest. VOLUME is FILE@OFFSET in bytes.
 *
 * vss_dump list VOLUME [STORAGE]           number store-id set-id copy-id created size attributes(hex) ok|<why> damage
 * vss_dump header VOLUME                   volume-id storage-id catalogue(0x)
 * vss_dump compare VOLUME NUMBER PEER [STORAGE]  blocks equal, blocks that differ and are not kept, all others that differ, blocks
 *                                          read from holes of the file, of which the first of every 64 MiB was compared
 * vss_dump unkept VOLUME NUMBER [STORAGE]  clusters that the snapshot's $Bitmap uses, and how many of them are not kept
 * vss_dump streams VOLUME NUMBER [STORAGE] record type(hex) id size ok|<error> sha256 name, of what is in use and has a name
 * vss_dump cat VOLUME NUMBER [STORAGE]     all its bytes
 * vss_dump bytes VOLUME NUMBER OFFSET LENGTH [STORAGE]  some of them, as hex of their SHA-256 */
#include "core/hash.h"
#include "core/text.h"
#include "core/time.h"
#include "formats/ntfs/ntfs.h"
#include "formats/vss/vss.h"
#include "platform/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCK ((size_t)0x4000)
#define PIECE ((size_t)1 << 20)
#define STEP  ((uint64_t)64 << 20) /* in holes */

struct opened {
	struct source *file, *volume;
	uint64_t offset;
	int fd; /* of the file, to ask for holes */
};

static void opened_close(struct opened *opened)
{
	source_close(opened->volume);
	source_close(opened->file);
	if (opened->fd > 0)
		close(opened->fd);
}

static bool open_at(const char *word, struct opened *out, struct err *err)
{
	CLEANUP(text_free) struct text path = {0};
	const char *at = strrchr(word, '@');

	text_add(
	    &path, (struct bytes){(const uint8_t *)word, at ? (size_t)(at - word) : strlen(word)});
	if (!file_open(text_string(&path), &out->file, err))
		return false;
	out->offset = at ? strtoull(at + 1, NULL, 10) : 0;
	out->fd = open(text_string(&path), O_RDONLY | O_CLOEXEC);
	out->volume = source_window(out->file, out->offset, UINT64_MAX, false);
	return out->volume != NULL;
}

static int complain(const struct err *err)
{
	fprintf(stderr, "%s\n", err->text);
	return 1;
}

static int print_header(struct source *volume)
{
	struct vss_header header;
	struct err err = {0};
	char id[VSS_GUID_ROOM], storage[VSS_GUID_ROOM];

	if (!vss_header_read(volume, &header, &err))
		return complain(&err);
	vss_guid_text(header.volume, id);
	vss_guid_text(header.storage, storage);
	printf("%s\t%s\t0x%llx\n", id, storage, (unsigned long long)header.catalog);
	return 0;
}

static int print_list(struct vss *vss)
{
	for (size_t i = 0; i < vss_count(vss); i++) {
		CLEANUP(source_close) struct source *source = NULL;
		const struct vss_info *info = vss_info(vss, i);
		char id[VSS_GUID_ROOM], set[VSS_GUID_ROOM] = "-", copy[VSS_GUID_ROOM] = "-";
		char created[TIME_ISO_ROOM];
		struct err err = {0};
		bool ok = vss_snapshot_open(vss, i, VSS_AS_WINDOWS, &source, &err);

		vss_guid_text(info->id, id);
		if (info->has_details) {
			vss_guid_text(info->set_id, set);
			vss_guid_text(info->copy_id, copy);
		}
		time_iso(info->created, created);
		printf("%zu\t%s\t%s\t%s\t%s\t%llu\t%08x\t%s\t%s\n", i + 1, id, set, copy, created,
		    (unsigned long long)info->size, info->attributes, ok ? "ok" : err.text,
		    info->damage.text);
	}
	return 0;
}

static bool is_zeros(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i])
			return false;
	return true;
}

struct comparison {
	struct source *windows, *kept, *peer;
	uint64_t equal, not_kept, different, holes;
};

/* Whether the snapshot reads a hole of the volume's file there: it has nothing of its own. */
static bool reads_hole(
    const struct vss *vss, size_t number, const struct opened *opened, uint64_t at, size_t len)
{
	off_t from = (off_t)(opened->offset + at);
	off_t data = lseek(opened->fd, from, SEEK_DATA);

	return (data < 0 || data >= from + (off_t)len) &&
	       (vss_is_same(vss, number, VSS_PRESENT, at, len) ||
		   vss_unkept(vss, number, at, len) == len);
}

static void compare_block(
    struct comparison *c, uint64_t offset, const uint8_t *ours, const uint8_t *theirs, size_t len)
{
	uint8_t block[BLOCK];
	size_t got = 0;
	struct err err = {0};

	if (memcmp(ours, theirs, len) == 0) {
		c->equal++;
		return;
	}
	/* The peer writes zeros where nothing is kept, or reads what is there now; we may do the other. */
	if (!c->kept->read(c->kept, offset, block, len, &got, &err) && err.kind == ERR_MISSING &&
	    (is_zeros(theirs, len) || is_zeros(ours, len))) {
		c->not_kept++;
		return;
	}
	if (c->different++ < 5)
		printf("different: block at %llu\n", (unsigned long long)offset);
}

static bool compare_piece(struct comparison *c, uint64_t at, size_t len, struct err *err)
{
	static uint8_t ours[PIECE], theirs[PIECE];

	if (!source_read_exact(c->windows, at, ours, len, err) ||
	    !source_read_exact(c->peer, at, theirs, len, err))
		return false;
	for (size_t i = 0; i < len; i += BLOCK)
		compare_block(c, at + i, ours + i, theirs + i, len - i < BLOCK ? len - i : BLOCK);
	return true;
}

static int compare(
    struct vss *vss, size_t number, const struct opened *opened, const char *peer_path)
{
	CLEANUP(source_close) struct source *windows = NULL;
	CLEANUP(source_close) struct source *kept = NULL;
	CLEANUP(source_close) struct source *peer = NULL;
	struct err err = {0};

	if (!vss_snapshot_open(vss, number, VSS_AS_WINDOWS, &windows, &err) ||
	    !vss_snapshot_open(vss, number, VSS_KEPT_ONLY, &kept, &err) ||
	    !file_open(peer_path, &peer, &err))
		return complain(&err);
	struct comparison c = {windows, kept, peer, 0, 0, 0, 0};

	for (uint64_t at = 0; at < windows->size; at += PIECE) {
		size_t len = windows->size - at < PIECE ? (size_t)(windows->size - at) : PIECE;
		bool is_hole = reads_hole(vss, number, opened, at, len);
		size_t wanted = !is_hole ? len : at % STEP ? 0 : len < BLOCK ? len : BLOCK;

		if (wanted && !compare_piece(&c, at, wanted, &err))
			return complain(&err);
		c.holes += is_hole ? len / BLOCK : 0;
	}
	printf("%llu\t%llu\t%llu\t%llu\n", (unsigned long long)c.equal,
	    (unsigned long long)c.not_kept, (unsigned long long)c.different,
	    (unsigned long long)c.holes);
	return c.different ? 1 : 0;
}

/* Loads the file's unnamed (or, for $Secure and the like, first) $DATA and opens it. */
static bool open_bitmap(struct ntfs_volume *volume, struct source **out, struct err *err)
{
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};

	if (!ntfs_entry_load(ntfs_volume_mft(volume), 6, &entry, err))
		return false;
	const struct ntfs_stream *stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){0});

	return stream ? ntfs_stream_open(volume, &entry, stream, out, err)
		      : fail(err, ERR_MISSING, "no $Bitmap");
}

static int count_unkept(struct vss *vss, size_t number)
{
	CLEANUP(source_close) struct source *kept = NULL;
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(source_close) struct source *bitmap = NULL;
	static uint8_t bits[PIECE];
	struct err err = {0};
	uint64_t used = 0, unkept = 0;

	if (!vss_snapshot_open(vss, number, VSS_KEPT_ONLY, &kept, &err) ||
	    !ntfs_volume_open(kept, &volume, &err) || !open_bitmap(volume, &bitmap, &err))
		return complain(&err);
	const struct ntfs_geometry *geometry = ntfs_volume_geometry(volume);

	for (uint64_t cluster = 0; cluster < geometry->clusters; cluster++) {
		uint8_t byte[1];
		size_t got;

		if (cluster % (8 * PIECE) == 0 &&
		    !bitmap->read(bitmap, cluster / 8, bits, PIECE, &got, &err))
			return complain(&err);
		if (!(bits[cluster / 8 % PIECE] >> cluster % 8 & 1))
			continue;
		used++;
		err = (struct err){0};
		unkept +=
		    !kept->read(kept, cluster * geometry->cluster_size, byte, 1, &got, &err) &&
		    err.kind == ERR_MISSING;
	}
	printf("%llu\t%llu\n", (unsigned long long)used, (unsigned long long)unkept);
	return 0;
}

static void print_stream(
    struct ntfs_volume *volume, const struct ntfs_entry *entry, const struct ntfs_stream *stream)
{
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(text_free) struct text name = {0};
	uint8_t sum[SHA256_LEN];
	char hex[SHA256_HEX_ROOM] = "";
	struct err err = {0};
	bool ok = ntfs_stream_open(volume, entry, stream, &source, &err) &&
		  hash_source(source, sum, &err);

	if (ok)
		hash_hex((struct bytes){sum, sizeof(sum)}, hex);
	text_add_utf16(&name, stream->utf16);
	printf("%llu\t%x\t%u\t%llu\t%s\t%s\t%s\n", (unsigned long long)entry->record, stream->type,
	    stream->id, (unsigned long long)stream->size, ok ? "ok" : err.text, hex,
	    text_string(&name));
}

static int print_streams(struct vss *vss, size_t number)
{
	CLEANUP(source_close) struct source *kept = NULL;
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	struct err err = {0};

	if (!vss_snapshot_open(vss, number, VSS_KEPT_ONLY, &kept, &err) ||
	    !ntfs_volume_open(kept, &volume, &err))
		return complain(&err);
	struct ntfs_mft *mft = ntfs_volume_mft(volume);

	for (uint64_t record = 0; record < ntfs_mft_count(mft); record++) {
		if (!ntfs_entry_load(mft, record, &entry, NULL) || !entry.in_use ||
		    entry.base.record != 0 || entry.name_count == 0)
			continue;
		for (size_t i = 0; i < entry.stream_count; i++)
			if (entry.streams[i].type == NTFS_DATA && record != 8)
				print_stream(volume, &entry, &entry.streams[i]);
	}
	return 0;
}

static int print_bytes(struct vss *vss, size_t number, uint64_t offset, uint64_t len)
{
	CLEANUP(source_close) struct source *source = NULL;
	CLEANUP(source_close) struct source *window = NULL;
	struct err err = {0};
	uint8_t sum[SHA256_LEN];
	char hex[SHA256_HEX_ROOM];

	if (!vss_snapshot_open(vss, number, VSS_AS_WINDOWS, &source, &err))
		return complain(&err);
	window = source_window(source, offset, len, false);
	if (!window || !hash_source(window, sum, &err))
		return complain(&err);
	hash_hex((struct bytes){sum, sizeof(sum)}, hex);
	puts(hex);
	return 0;
}

static int cat(struct vss *vss, size_t number)
{
	CLEANUP(source_close) struct source *source = NULL;
	static uint8_t piece[PIECE];
	struct err err = {0};

	if (!vss_snapshot_open(vss, number, VSS_AS_WINDOWS, &source, &err))
		return complain(&err);
	for (uint64_t at = 0; at < source->size;) {
		size_t got;

		if (!source->read(source, at, piece, PIECE, &got, &err) || got == 0)
			return complain(&err);
		if (fwrite(piece, 1, got, stdout) != got)
			return 1;
		at += got;
	}
	return 0;
}

static int act(
    const char *what, struct vss *vss, size_t number, const struct opened *opened, char **more)
{
	if (strcmp(what, "list") == 0)
		return print_list(vss);
	if (strcmp(what, "compare") == 0)
		return compare(vss, number, opened, more[0]);
	if (strcmp(what, "unkept") == 0)
		return count_unkept(vss, number);
	if (strcmp(what, "streams") == 0)
		return print_streams(vss, number);
	if (strcmp(what, "cat") == 0)
		return cat(vss, number);
	if (strcmp(what, "bytes") == 0)
		return print_bytes(
		    vss, number, strtoull(more[0], NULL, 10), strtoull(more[1], NULL, 10));
	return 64;
}

int main(int argc, char **argv)
{
	struct opened volume = {0}, storage = {0};
	CLEANUP(vss_close) struct vss *vss = NULL;
	struct err err = {0};
	int code;

	if (argc < 3)
		return 64;
	bool is_list = strcmp(argv[1], "list") == 0;
	int own = strcmp(argv[1], "compare") == 0 ? 1 : strcmp(argv[1], "bytes") == 0 ? 2 : 0;
	int at = (is_list ? 3 : 4) + own; /* where STORAGE stands */

	if (!open_at(argv[2], &volume, &err) || (argc > at && !open_at(argv[at], &storage, &err))) {
		code = complain(&err);
	} else if (strcmp(argv[1], "header") == 0) {
		code = print_header(volume.volume);
	} else if (argc < at) {
		code = 64;
	} else if (!vss_open(volume.volume, storage.volume, &vss, &err)) {
		code = complain(&err);
	} else {
		code = act(argv[1], vss, is_list ? 0 : (size_t)strtoull(argv[3], NULL, 10) - 1,
		    &volume, argv + 4);
	}
	if (vss)
		vss_close(TAKE(vss));
	opened_close(&volume);
	opened_close(&storage);
	return code;
}
