/* formats/ntfs/claims.h and deleted.h: image in, with its log, who owns which cluster, what is left of each deleted stream. */
#include "tests/fuzz/fuzz_target.h"
#include "formats/ntfs/deleted.h"

#include <stdlib.h>

#define RECORDS 64
#define MOST    ((size_t)64 << 10)

static void read_stream(const struct ntfs_deleted_stream *of, struct ntfs_bitmap *bitmap)
{
	static uint8_t buffer[MOST];
	CLEANUP(ntfs_deleted_free) struct ntfs_deleted state = {0};
	CLEANUP(source_close) struct source *source = NULL;
	struct ntfs_blank_counts counts;
	size_t got = 0;

	if (!ntfs_deleted_judge(of, bitmap, &state, NULL))
		return;
	if (state.own + state.used + state.later + state.unknown + state.missing != state.clusters)
		abort();
	if (state.result == NTFS_DELETED_FULL && state.own != state.clusters)
		abort();
	for (size_t i = 1; i < state.lost.count; i++)
		if (state.lost.at[i].offset <
		    state.lost.at[i - 1].offset + state.lost.at[i - 1].len)
			abort();
	if (of->stream->size < ((uint64_t)1 << 20))
		DISCARD(ntfs_deleted_blank(of, bitmap, false, NULL, NULL, &counts, NULL));
	if (!ntfs_deleted_open(of, &state, true, &source, NULL))
		return;
	DISCARD(source->read(source, 0, buffer, MOST, &got, NULL));
	if (got > source->size)
		abort();
	DISCARD(source->read(source, source->size / 2, buffer, MOST, &got, NULL));
}

static void walk(struct ntfs_volume *volume, struct ntfs_bitmap *bitmap, struct ntfs_claims *claims)
{
	CLEANUP(logfile_clusters_free) struct logfile_clusters *log = NULL;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};

	for (uint64_t i = 0; i < RECORDS; i++)
		if (ntfs_entry_load(ntfs_volume_mft(volume), i, &entry, NULL))
			ntfs_claims_see(claims, &entry);
	if (ntfs_claims_settle(claims) || !logfile_clusters_load(volume, &log, NULL))
		return;
	ntfs_claims_set_log(claims, log);
	for (uint64_t i = 0; i < RECORDS; i++) {
		if (!ntfs_entry_load(ntfs_volume_mft(volume), i, &entry, NULL) || entry.in_use)
			continue;
		ntfs_deleted_give_sizes(volume, &entry);
		for (size_t s = 0; s < entry.stream_count; s++) {
			struct ntfs_deleted_stream of = {volume, claims, &entry, &entry.streams[s]};

			read_stream(&of, bitmap);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP(source_close) struct source *raw = source_of_bytes((struct bytes){data, len});
	CLEANUP(ntfs_volume_close) struct ntfs_volume *volume = NULL;
	CLEANUP(ntfs_bitmap_close) struct ntfs_bitmap *bitmap = NULL;
	CLEANUP(ntfs_claims_free) struct ntfs_claims *claims = NULL;

	if (!raw || !ntfs_volume_open(raw, &volume, NULL))
		return 0;
	if (!ntfs_bitmap_open(volume, &bitmap, NULL))
		bitmap = NULL;
	if (ntfs_claims_new(volume, bitmap, &claims, NULL))
		walk(volume, bitmap, claims);
	return 0;
}
