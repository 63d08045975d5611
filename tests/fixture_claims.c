/* Volumes with deleted files. See fixture_claims.h. */
#include "tests/unit.h"

#include "tests/fixture_claims.h"

void claims_begin(struct claims_disk *d)
{
	memset(d, 0, sizeof(*d));
	assert_true(fixture_volume_new(&d->v, 512, CLUSTER, 1024, CLUSTERS, RECORDS));
	for (size_t c = 100; c < CLUSTERS; c++)
		memset(fixture_volume_cluster(&d->v, c), (int)c, CLUSTER);
}

void claims_use(struct claims_disk *d, unsigned first, unsigned count)
{
	for (unsigned c = first; c < first + count; c++)
		d->bits[c / 8] |= (uint8_t)(1u << c % 8);
}

void claims_put(struct claims_disk *d, const struct claims_file *f)
{
	struct fixture_record r;
	uint64_t clusters = 0;

	for (size_t i = 0; i < f->run_count; i++)
		clusters += f->runs[i].length;
	fixture_record_begin(&r, 1024, f->record, 2, f->flags);
	put_le64(r.at + 8, f->lsn);
	size_t at = fixture_record_standard(&r, f->base_time);
	put_le64(r.at + at + le16(r.at + at + 20) + 64, f->usn);
	at = fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, "file");
	for (size_t i = 0; i < 4; i++)
		put_le64(r.at + at + le16(r.at + at + 20) + 8 + 8 * i, f->base_time);
	struct fixture_extent extent = {.flags = f->stream_flags,
	    .unit = f->unit,
	    .last_vcn = clusters - 1,
	    .size = f->size,
	    .allocated = clusters * CLUSTER,
	    .initialized = f->initialized ? f->initialized : f->size,
	    .runs = f->runs,
	    .run_count = f->run_count};
	fixture_record_extent(&r, NTFS_DATA, NULL, 3, &extent);
	fixture_record_end(&r);
	fixture_volume_put(&d->v, &r);
}

static void walk(struct claims_disk *d)
{
	struct ntfs_entry entry = {0};

	for (uint64_t i = 0; i < RECORDS; i++)
		if (ntfs_entry_load(ntfs_volume_mft(d->volume), i, &entry, NULL))
			ntfs_claims_see(d->claims, &entry);
	ntfs_entry_free(&entry);
}

/* It is resident. */
void claims_put_bitmap(struct claims_disk *d)
{
	struct fixture_record r;

	fixture_record_begin(&r, 1024, BITMAP, BITMAP, 1);
	fixture_record_resident(&r, NTFS_DATA, NULL, 1, d->bits, sizeof(d->bits));
	fixture_record_end(&r);
	fixture_volume_put(&d->v, &r);
}

void claims_ready(struct claims_disk *d)
{
	claims_ready_with(d, NULL);
}

void claims_ready_with(struct claims_disk *d, const struct logfile_clusters *log)
{
	claims_put_bitmap(d);
	d->raw = source_of_bytes((struct bytes){d->v.at, d->v.size});
	assert_non_null(d->raw);
	assert_true(ntfs_volume_open(d->raw, &d->volume, NULL));
	assert_true(ntfs_bitmap_open(d->volume, &d->bitmap, NULL));
	assert_true(ntfs_claims_new(d->volume, d->bitmap, &d->claims, NULL));
	ntfs_claims_set_log(d->claims, log);
	walk(d);
	assert_false(ntfs_claims_settle(d->claims));
}

void claims_end(struct claims_disk *d)
{
	ntfs_claims_free(d->claims);
	ntfs_bitmap_close(d->bitmap);
	ntfs_volume_close(d->volume);
	source_close(d->raw);
	fixture_volume_free(&d->v);
}

void claims_judge(struct claims_disk *d, unsigned record, struct claims_found *found)
{
	struct err err = {0};

	memset(found, 0, sizeof(*found));
	assert_true(ntfs_entry_load(ntfs_volume_mft(d->volume), record, &found->entry, NULL));
	found->of = (struct ntfs_deleted_stream){d->volume, d->claims, &found->entry,
	    ntfs_entry_stream(&found->entry, NTFS_DATA, (struct bytes){0})};
	assert_non_null(found->of.stream);
	assert_true(ntfs_deleted_judge(&found->of, d->bitmap, &found->deleted, &err));
}

void claims_forget(struct claims_found *found)
{
	ntfs_deleted_free(&found->deleted);
	ntfs_entry_free(&found->entry);
}

void claims_expect(struct claims_disk *d, unsigned record, enum ntfs_deleted_result result,
    uint64_t own, uint64_t used, uint64_t later, uint64_t unknown)
{
	struct claims_found found;

	claims_judge(d, record, &found);
	assert_string_equal(ntfs_deleted_word(found.deleted.result), ntfs_deleted_word(result));
	assert_int_equal(found.deleted.own, own);
	assert_int_equal(found.deleted.used, used);
	assert_int_equal(found.deleted.later, later);
	assert_int_equal(found.deleted.unknown, unknown);
	claims_forget(&found);
}
