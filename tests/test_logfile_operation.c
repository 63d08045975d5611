/* formats/ntfs/logfile_operation and logfile_clusters: what a log tells of the life of a file. */
#include "tests/unit.h"

#include "core/text.h"
#include "formats/ntfs/logfile_clusters.h"
#include "formats/ntfs/logfile_index.h"
#include "formats/ntfs/logfile_operation.h"
#include "formats/ntfs/logfile_tables.h"
#include "tests/fixture_mft.h"
#include "tests/fixture_story.h"

#include <stdlib.h>
#include <string.h>

struct teller {
	struct fixture_log log;
	struct fixture_story story;
	struct source *source;
	struct logfile_operations *operations;
};

static void begin(struct teller *t)
{
	struct err err = {0};

	*t = (struct teller){0};
	fixture_story_tell(&t->log, &t->story);
	fixture_log_end(&t->log);
	t->source = source_of_bytes((struct bytes){t->log.at, FIXTURE_LOG_SIZE});
	assert_true(logfile_operations_open(t->source, NULL, NULL, &t->operations, &err));
}

static void end(struct teller *t)
{
	logfile_operations_close(t->operations);
	source_close(t->source);
	fixture_log_free(&t->log);
}

/* The operation of the record with that LSN; those before it are read. */
static void go_to(struct teller *t, uint64_t lsn, struct logfile_operation *op)
{
	struct err err = {0};

	do
		assert_true(logfile_operations_next(t->operations, op, &err));
	while (op->record->lsn != lsn);
}

static void assert_name(const struct ntfs_name *name, uint64_t parent, const char *utf8)
{
	CLEANUP(text_free) struct text text = {0};

	text_add_utf16(&text, name->utf16);
	assert_string_equal(text_string(&text), utf8);
	assert_int_equal(name->parent.record, parent & 0xffffffffffffull);
	assert_int_equal(name->parent.sequence, parent >> 48);
}

static void assert_file(const struct logfile_operation *op)
{
	assert_int_equal(op->has & (LOGFILE_HAS_FILE | LOGFILE_HAS_SEQUENCE),
	    LOGFILE_HAS_FILE | LOGFILE_HAS_SEQUENCE);
	assert_int_equal(op->file.record, STORY_FILE);
	assert_int_equal(op->file.sequence, 3);
}

static void test_order(void **state)
{
	static const char *const words[] = {"records_allocated", "name_added", "file_created",
	    "clusters_allocated", "attribute_created", "sizes_set", "times_set", "entry_written",
	    "name_removed", "renamed", "name_removed", "moved", "change_written", "clusters_freed",
	    "name_removed", "file_deleted", "records_freed", "records_allocated", "file_deleted"};
	struct logfile_operation op;
	struct err err = {0};
	struct teller t;
	size_t count = 0;

	(void)state;
	begin(&t);
	while (logfile_operations_next(t.operations, &op, &err)) {
		const char *word = logfile_what_name(op.what);

		if (!word)
			continue;
		assert_in_range(count, 0, ARRAY_LEN(words) - 1);
		assert_string_equal(word, words[count]);
		count++;
	}
	assert_int_equal(err.kind, ERR_NONE);
	assert_int_equal(count, ARRAY_LEN(words));
	end(&t);
}

static void test_created(void **state)
{
	struct logfile_operation op;
	struct teller t;

	(void)state;
	begin(&t);
	go_to(&t, t.story.created, &op);
	assert_int_equal(op.what, LOGFILE_FILE_CREATED);
	assert_file(&op);
	assert_name(&op.name, STORY_DIRECTORY, "new.txt");
	assert_false(op.has & LOGFILE_NAME_LEARNED);
	assert_true(op.has & LOGFILE_HAS_TIMES);
	assert_int_equal(op.times.created, FIXTURE_STAMP);
	assert_int_equal(op.times.modified, FIXTURE_STAMP + 10000000);
	assert_int_equal(op.name.times.accessed, FIXTURE_STAMP);
	assert_int_equal(op.attributes, 0x22);
	assert_false(op.is_directory);
	assert_true(op.transaction && op.transaction < t.story.created);
	end(&t);
}

static void test_stream(void **state)
{
	struct logfile_operation op;
	struct err err = {0};
	struct teller t;

	(void)state;
	begin(&t);
	go_to(&t, t.story.extended, &op);
	assert_int_equal(op.what, LOGFILE_CLUSTERS_ALLOCATED);
	assert_int_equal(op.first, STORY_CLUSTER);
	assert_int_equal(op.count, 8);
	assert_true(logfile_operations_next(t.operations, &op, &err));
	assert_int_equal(op.what, LOGFILE_ATTRIBUTE_CREATED);
	assert_file(&op);
	assert_int_equal(op.attribute_type, NTFS_DATA);
	assert_int_equal(op.run_count, 1);
	assert_int_equal(op.runs[0].lcn, STORY_CLUSTER);
	assert_int_equal(op.runs[0].length, 8);
	assert_name(&op.name, STORY_DIRECTORY, "new.txt");
	assert_true(op.has & LOGFILE_NAME_LEARNED);
	assert_true(logfile_operations_next(t.operations, &op, &err));
	assert_int_equal(op.what, LOGFILE_SIZES_SET);
	assert_int_equal(op.size, 30001);
	assert_int_equal(op.initialized, 30000);
	assert_int_equal(op.allocated, 32768);
	end(&t);
}

/* Half a time in the record, the rest from before. */
static void test_times(void **state)
{
	struct logfile_operation op;
	struct teller t;

	(void)state;
	begin(&t);
	go_to(&t, t.story.touched, &op);
	assert_int_equal(op.what, LOGFILE_TIMES_SET);
	assert_file(&op);
	assert_true(op.has & LOGFILE_HAS_TIMES);
	assert_int_equal(
	    op.times.modified, ((FIXTURE_STAMP + 10000000) & 0xffffffff00000000ull) | 0x04030201);
	assert_int_equal(op.times.accessed, FIXTURE_STAMP + 3600 * 10000000ull);
	go_to(&t, t.story.listed, &op);
	assert_int_equal(op.what, LOGFILE_ENTRY_WRITTEN);
	assert_file(&op);
	assert_name(&op.name, STORY_DIRECTORY, "new.txt");
	assert_int_equal(op.name.times.changed, FIXTURE_STAMP + 2);
	assert_int_equal(op.name.size, 30001);
	end(&t);
}

/* After damage the rest of a time may be of another one, and the record of another file. */
static void test_times_after_damage(void **state)
{
	struct logfile_operation op;
	struct teller t = {0};
	struct err err = {0};

	(void)state;
	fixture_story_tell(&t.log, &t.story);
	/* The record right before is written over. */
	uint64_t before = (t.story.touched & ((1u << 18) - 1)) * 8 - 88;

	assert_int_equal(le16(t.log.at + before + 48), LOGFILE_FORGET);
	memset(t.log.at + before, 0x5a, 48);
	fixture_log_end(&t.log);
	t.source = source_of_bytes((struct bytes){t.log.at, FIXTURE_LOG_SIZE});
	assert_true(logfile_operations_open(t.source, NULL, NULL, &t.operations, &err));
	go_to(&t, t.story.touched, &op);
	assert_int_equal(op.what, LOGFILE_TIMES_SET);
	assert_int_equal(op.file.record, STORY_FILE);
	assert_false(op.has & (LOGFILE_HAS_SEQUENCE | LOGFILE_HAS_NAME));
	assert_false(op.has & (LOGFILE_HAS_TIMES | LOGFILE_HAS_SOME_TIMES));
	go_to(&t, t.story.listed, &op);
	assert_int_equal(op.what, LOGFILE_ENTRY_WRITTEN);
	/* Nor is it known which directory the key means. */
	assert_false(op.has & (LOGFILE_HAS_FILE | LOGFILE_HAS_PARENT));
	end(&t);
}

static void test_names(void **state)
{
	struct logfile_operation op;
	struct teller t;

	(void)state;
	begin(&t);
	go_to(&t, t.story.renamed, &op);
	assert_int_equal(op.what, LOGFILE_RENAMED);
	assert_file(&op);
	assert_name(&op.name, STORY_DIRECTORY, "other.txt");
	assert_name(&op.old, STORY_DIRECTORY, "new.txt");
	go_to(&t, t.story.moved, &op);
	assert_int_equal(op.what, LOGFILE_MOVED);
	assert_name(&op.name, FIXTURE_ROOT, "other.txt");
	assert_name(&op.old, STORY_DIRECTORY, "other.txt");
	go_to(&t, t.story.journalled, &op);
	assert_int_equal(op.what, LOGFILE_CHANGE_WRITTEN);
	assert_file(&op);
	assert_non_null(op.change);
	assert_int_equal(op.change->usn, 3 * 4096);
	assert_name(&op.name, FIXTURE_ROOT, "other.txt");
	go_to(&t, t.story.deleted, &op);
	assert_int_equal(op.what, LOGFILE_FILE_DELETED);
	assert_file(&op);
	assert_name(&op.name, FIXTURE_ROOT, "other.txt");
	assert_false(op.is_rollback);
	go_to(&t, t.story.undone, &op);
	assert_true(op.is_rollback);
	assert_int_equal(op.file.record, STORY_FILE + 1);
	assert_false(op.has & LOGFILE_HAS_SEQUENCE);
	end(&t);
}

static void test_clusters(void **state)
{
	CLEANUP(logfile_clusters_free) struct logfile_clusters *clusters = NULL;
	struct err err = {0};
	struct teller t;
	bool given;

	(void)state;
	begin(&t);
	assert_true(logfile_clusters_load_from(t.source, 4096, &clusters, &err));
	assert_true(logfile_clusters_since(clusters) < t.story.created);
	assert_int_equal(
	    logfile_clusters_given_after(clusters, STORY_CLUSTER + 7, 100, 0, &given), 1);
	assert_true(given);
	assert_int_equal(
	    logfile_clusters_given_after(clusters, STORY_CLUSTER + 8, 100, 0, &given), 100);
	assert_false(given);
	assert_int_equal(
	    logfile_clusters_given_after(clusters, STORY_CLUSTER - 5, 100, 0, &given), 5);
	assert_false(given);
	assert_int_equal(
	    logfile_clusters_given_after(clusters, STORY_CLUSTER, 8, t.story.extended - 1, &given),
	    8);
	assert_true(given);
	assert_int_equal(
	    logfile_clusters_given_after(clusters, STORY_CLUSTER, 8, t.story.extended, &given), 8);
	assert_false(given);
	/* Without restart pages nobody knows whether the newest records are there. */
	logfile_clusters_free(TAKE(clusters));
	memset(t.log.at, 0, (size_t)2 * FIXTURE_LOG_PAGE);
	assert_true(logfile_clusters_load_from(t.source, 4096, &clusters, &err));
	assert_true(logfile_clusters_since(clusters) == UINT64_MAX);
	assert_int_equal(
	    logfile_clusters_given_after(clusters, STORY_CLUSTER + 7, 100, 0, &given), 1);
	assert_true(given);
	end(&t);
}

static uint64_t file_at(const struct logfile_index_block *block, uint32_t at)
{
	const struct logfile_index_entry *entry = logfile_index_find(block, at);

	return entry ? entry->file.record : 0;
}

/* Entries move when others come and go before them. */
static void test_index(void **state)
{
	static struct logfile_index index;
	struct logfile_index_block *block = logfile_index_block(&index, 30, 0);
	uint8_t indx[0x100] = "INDX";

	(void)state;
	logfile_index_add(block, 0x40, 0x60, (struct ntfs_reference){41, 1});
	logfile_index_add(block, 0x40, 0x50, (struct ntfs_reference){42, 1});
	assert_int_equal(file_at(block, 0x40), 42);
	assert_int_equal(file_at(block, 0x90), 41);
	logfile_index_remove(block, 0x40, 0x50);
	assert_int_equal(file_at(block, 0x40), 41);
	assert_int_equal(file_at(block, 0x90), 0);
	assert_ptr_equal(logfile_index_block(&index, 30, 0), block);
	assert_ptr_not_equal(logfile_index_block(&index, 30, 8), block);
	put_le32(indx + 24, 0x28); /* first entry, behind this */
	put_le32(indx + 28, 0x28 + 0x60 + 0x10);
	put_le64(indx + 0x40, 43);
	put_le16(indx + 0x48, 0x60);
	put_le16(indx + 0xa8, 0x10);
	put_le16(indx + 0xac, 2); /* the last entry */
	logfile_index_write(block, (struct bytes){indx, sizeof(indx)});
	assert_int_equal(file_at(block, 0x40), 43);
	assert_int_equal(block->count, 1);
}

static void test_tables(void **state)
{
	uint8_t table[24 + 3 * 44] = {44, 0, 3, 0, 2};
	uint8_t names[] = {0x44, 0, 4, 0, '$', 0, 'J', 0, 0, 0, 0, 0, 0, 0};
	struct logfile_attribute attribute;
	struct bytes entry, utf16;
	struct err err = {0};
	size_t pos = 0;
	uint32_t key;

	(void)state;
	put_le32(table + 24 + 44, 0xffffffff);
	put_le64(table + 24 + 44 + 8, 36 | 2ull << 48);
	put_le64(table + 24 + 44 + 16, 77);
	put_le32(table + 24 + 44 + 28, 0x80);
	assert_true(logfile_table_next((struct bytes){table, sizeof(table)}, &pos, &key, &entry));
	assert_int_equal(key, 0x44);
	assert_true(logfile_attribute_parse(entry, &attribute, &err));
	assert_int_equal(attribute.file.record, 36);
	assert_int_equal(attribute.type, 0x80);
	assert_int_equal(attribute.lsn, 77);
	assert_false(logfile_table_next((struct bytes){table, sizeof(table)}, &pos, &key, &entry));
	pos = 0;
	assert_true(logfile_name_next((struct bytes){names, sizeof(names)}, &pos, &key, &utf16));
	assert_int_equal(key, 0x44);
	assert_int_equal(utf16.len, 4);
	assert_false(logfile_name_next((struct bytes){names, sizeof(names)}, &pos, &key, &utf16));
}

/* One record of an update. */
static void test_action(void **state)
{
	uint8_t data[64] = {0};
	struct logfile_action action;
	struct err err = {0};

	(void)state;
	put_le16(data, LOGFILE_ADD_ENTRY_ROOT);
	put_le16(data + 2, LOGFILE_DELETE_ENTRY_ROOT);
	put_le16(data + 4, 40); /* redo */
	put_le16(data + 6, 16);
	put_le16(data + 8, 64); /* undo: counted, not kept */
	put_le16(data + 10, 99);
	put_le16(data + 12, 0x18); /* target */
	put_le16(data + 14, 1);    /* LCNs */
	put_le16(data + 16, 0x100);
	put_le16(data + 18, 0x20);
	put_le16(data + 20, 6);
	put_le64(data + 24, 9);
	assert_true(logfile_action_parse((struct bytes){data, sizeof(data)}, &action, &err));
	assert_int_equal(action.redo_data.len, 16);
	assert_ptr_equal(action.redo_data.at, data + 40);
	assert_int_equal(action.undo_data.len, 0);
	assert_int_equal(action.undo_len, 99);
	assert_int_equal(action.target, 0x18);
	assert_int_equal(action.vcn, 9);
	assert_int_equal(action.block, 6);
	assert_int_equal(action.lcns.len, 8);
	assert_string_equal(logfile_code_name(action.redo), "AddIndexEntryRoot");
	assert_null(logfile_code_name(0x26));
	put_le16(data + 6, 25); /* ends behind the record */
	assert_false(logfile_action_parse((struct bytes){data, sizeof(data)}, &action, &err));
	put_le16(data + 6, 16);
	put_le16(data + 14, 5);
	assert_false(logfile_action_parse((struct bytes){data, sizeof(data)}, &action, &err));
	assert_false(logfile_action_parse((struct bytes){data, 31}, &action, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_created),
	    cmocka_unit_test(test_stream),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_times_after_damage),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_clusters),
	    cmocka_unit_test(test_index),
	    cmocka_unit_test(test_tables),
	    cmocka_unit_test(test_action),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
