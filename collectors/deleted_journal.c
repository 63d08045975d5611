/* When files were deleted, as the change journal tells. See deleted.h. */
#include "collectors/deleted.h"

#include "core/array.h"
#include "formats/ntfs/usn.h"

#include <stdlib.h>

#define ASK_EVERY   4096u /* records between two looks at whether to go on */
#define FILE_DELETE 0x200u

struct deleted_deletion {
	uint64_t time; /* ticks */
	uint32_t record;
	uint16_t sequence;
};

static int compare(const void *a, const void *b)
{
	const struct deleted_deletion *x = a;
	const struct deleted_deletion *y = b;

	if (x->record != y->record)
		return x->record < y->record ? -1 : 1;
	return (x->sequence > y->sequence) - (x->sequence < y->sequence);
}

static void keep(struct deleted_files *d, const struct usn_record *record)
{
	struct deleted_deletion one = {.time = record->time,
	    .record = (uint32_t)record->file.record,
	    .sequence = record->file.sequence};

	if (!record->has_time || !(record->reason & FILE_DELETE) ||
	    record->file.record > UINT32_MAX)
		return;
	if (array_grow(&d->deletions, &d->deletion_room, d->deletion_count + 1, sizeof(one),
		DELETED_DELETIONS_MAX, NULL)) {
		d->deletions[d->deletion_count++] = one;
	} else if (d->deletion_count) {
		d->deletions[d->deletion_next] = one;
		d->deletion_next = (d->deletion_next + 1) % d->deletion_count;
	}
}

/* Also where no record is: what is forged may have any size. */
static bool goes_on(void *context, uint64_t offset)
{
	const struct deleted_files *d = context;

	(void)offset;
	return !collect_stopped(d->collection);
}

static void note(struct deleted_files *d, const struct err *why)
{
	if (d->journal_damage.kind == ERR_NONE && why->kind != ERR_MISSING)
		d->journal_damage = *why;
}

struct hearing {
	struct usn_listener listener;
	struct deleted_files *d;
};

static void hear(struct usn_listener *self, uint64_t offset, uint64_t len, const struct err *why)
{
	struct err told = *why;

	(void)len;
	fail_in(&told, "at byte %llu", (unsigned long long)offset);
	note(((struct hearing *)self)->d, &told);
}

static void scan(struct deleted_files *d, struct source *journal, struct err *err)
{
	CLEANUP(usn_scan_close) struct usn_scan *records = NULL;
	struct hearing hearing = {.listener = {.damage = hear}, .d = d};
	struct usn_record record;

	if (!usn_scan_open(journal, 0, UINT64_MAX, &hearing.listener, &records, err))
		return;
	usn_scan_watch(records, goes_on, d);
	usn_scan_limit(records, d->volume->ntfs);
	for (uint64_t i = 0; usn_scan_next(records, &record); i++) {
		if (i % ASK_EVERY == 0 && collect_stopped(d->collection))
			return;
		keep(d, &record);
	}
}

static void find_and_scan(struct deleted_files *d, struct err *err)
{
	static const uint8_t name[] = {'$', 0, 'J', 0};
	struct ntfs_volume *volume = d->volume->ntfs;
	CLEANUP(ntfs_entry_free) struct ntfs_entry entry = {0};
	CLEANUP(source_close) struct source *journal = NULL;
	const struct ntfs_stream *stream;
	struct ntfs_reference file;

	if (!ntfs_find(volume, bytes_of("$Extend/$UsnJrnl"), &file, err) ||
	    !ntfs_entry_load(ntfs_volume_mft(volume), file.record, &entry, err))
		return;
	stream = ntfs_entry_stream(&entry, NTFS_DATA, (struct bytes){name, sizeof(name)});
	if (stream && ntfs_stream_open(volume, &entry, stream, &journal, err))
		scan(d, journal, err);
}

void deleted_journal_read(struct deleted_files *d)
{
	struct err why = {0};

	find_and_scan(d, &why);
	if (why.kind != ERR_NONE)
		note(d, &why);
	if (d->deletion_count)
		qsort(d->deletions, d->deletion_count, sizeof(*d->deletions), compare);
}

uint64_t deleted_journal_time(const struct deleted_files *d, const struct ntfs_entry *entry)
{
	/* The journal knows the file by the number from before it was counted up. */
	struct deleted_deletion key = {.record = (uint32_t)entry->record,
	    .sequence = entry->sequence == 1 ? UINT16_MAX : (uint16_t)(entry->sequence - 1)};
	const struct deleted_deletion *found =
	    d->deletion_count ? bsearch(&key, d->deletions, d->deletion_count, sizeof(key), compare)
			      : NULL;

	return found ? found->time : 0;
}
