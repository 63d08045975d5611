/* A collection of a volume in memory that dies, or fails to write, at any moment and is gone on with, while files were made, named anew and
 * linked: any reader opens the bundle, each name that a file has at the end gives its bytes, and nothing else does. Beside a shadow copy of
 * the volume as it was before, whose files are the same as those of the volume, too. */
#include "tests/unit.h"

#include "bundle/manifest.h"
#include "bundle/reader.h"
#include "collectors/collection.h"
#include "collectors/shadows.h"
#include "collectors/state.h"
#include "core/array.h"
#include "tests/fake_source.h"
#include "tests/fake_store.h"
#include "tests/fixture_bundle.h"
#include "tests/fixture_collect.h"
#include "tests/fixture_ntfs.h"
#include "tests/fixture_vss.h"

#include <stdio.h>
#include <stdlib.h>

#define KIB         1024u
#define BIG_BYTES   (132 * KIB) /* over several volumes of the bundle */
#define SMALL_BYTES 100u
#define CLUSTER     4096u /* the MFT then lies behind the header of shadow copies */
#define RECORDS     24u
#define CLUSTERS    300u
#define BLOCK       ((size_t)FIXTURE_VSS_BLOCK)
#define BLOCKS      76u /* that the volume has */
#define ROWS_MAX    256u
#define AREA        90u /* blocks behind them for a shadow copy */

struct file {
	unsigned record;
	bool is_big;
	const char *names[4];
};

struct volume { /* as it is at a time */
	const char *what;
	bool once; /* the same files: nothing is taken twice */
	struct file files[7];
};

/* X is begun and not met again in its turn, beside a file that is called as it would then be. */
static const struct volume before = {"before", true,
    {{13, false, {"aside"}}, {14, true, {"X"}}, {15, false, {"X~2"}}, {16, true, {"P", "Q"}},
	{17, false, {"A", "B"}}, {18, true, {"end"}}, {19, false, {"Z1", "Z2"}}}};
static const struct volume after[] = {
    {"as it was", true,
	{{13, false, {"aside"}}, {14, true, {"X"}}, {15, false, {"X~2"}}, {16, true, {"P", "Q"}},
	    {17, false, {"A", "B"}}, {18, true, {"end"}}, {19, false, {"Z1", "Z2"}}}},
    {"a file before the others", false,
	{{12, false, {"new"}}, {14, true, {"X"}}, {15, false, {"X~2"}}, {16, true, {"P", "Q"}},
	    {17, false, {"A", "B"}}, {18, true, {"X~14-1"}}}},
    {"X~2 before X", false,
	{{12, false, {"X~2"}}, {13, false, {"X~2~2"}}, {14, true, {"X"}}, {16, true, {"P", "Q"}},
	    {17, false, {"A", "B"}}, {18, true, {"end"}}}},
    {"the first names gone", false,
	{{13, false, {"aside"}}, {14, true, {"X"}}, {15, false, {"X~2"}}, {16, true, {"Q"}},
	    {17, false, {"B"}}, {18, true, {"end"}}}},
    {"the first names gone, others come", false,
	{{12, false, {"new"}}, {14, true, {"X"}}, {15, false, {"X~2"}}, {16, true, {"Q", "R"}},
	    {17, false, {"B", "C"}}, {18, true, {"end"}}}},
    {"names before the first", true,
	{{13, false, {"aside"}}, {14, true, {"Y", "X"}}, {15, false, {"X~2"}},
	    {16, true, {"R", "P", "Q"}}, {17, false, {"C", "A", "B"}}, {18, true, {"end"}}}},
    {"names changed hands", false,
	{{13, false, {"aside"}}, {14, true, {"P"}}, {15, false, {"B"}}, {16, true, {"X", "A"}},
	    {17, false, {"Q", "X~2"}}, {18, true, {"end"}}}},
};

/* Of a file, told by its record; they do not compress. */
static void fill(unsigned record, uint8_t *to, size_t len)
{
	uint64_t x = record * 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < len; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		to[i] = (uint8_t)(x >> 56);
	}
}

/* BIG_BYTES of it. */
static const uint8_t *content_of(unsigned record)
{
	static uint8_t contents[RECORDS][BIG_BYTES];
	static bool is_filled[RECORDS];

	if (!is_filled[record])
		fill(record, contents[record], BIG_BYTES);
	is_filled[record] = true;
	return contents[record];
}

static size_t size_of(const struct file *file)
{
	return file->is_big ? BIG_BYTES : SMALL_BYTES;
}

static void put_file(struct fixture_volume *v, const struct file *file)
{
	struct fixture_record r;
	struct ntfs_run run = {.lcn = file->record == 14   ? 40
				      : file->record == 16 ? 90
							   : 190,
	    .length = BIG_BYTES / CLUSTER};
	struct fixture_extent extent = {.last_vcn = run.length - 1,
	    .size = BIG_BYTES,
	    .allocated = BIG_BYTES,
	    .initialized = BIG_BYTES,
	    .runs = &run,
	    .run_count = 1};

	fixture_record_begin(&r, 1024, file->record, 1, 1);
	fixture_record_standard(&r, 700);
	for (size_t i = 0; i < ARRAY_LEN(file->names) && file->names[i]; i++)
		fixture_record_name(&r, 5, 5, NTFS_NAME_WIN32, file->names[i]);
	if (file->is_big) {
		fixture_record_extent(&r, NTFS_DATA, NULL, 9, &extent);
		memcpy(fixture_volume_cluster(v, (uint64_t)run.lcn), content_of(file->record),
		    BIG_BYTES);
	} else {
		fixture_record_resident(
		    &r, NTFS_DATA, NULL, 9, content_of(file->record), SMALL_BYTES);
	}
	fixture_record_end(&r);
	fixture_volume_put(v, &r);
}

static void make_volume(struct fixture_volume *v, const struct volume *as)
{
	assert_true(fixture_volume_new(v, 512, CLUSTER, 1024, CLUSTERS, RECORDS));
	for (size_t i = 0; i < ARRAY_LEN(as->files) && as->files[i].names[0]; i++)
		put_file(v, &as->files[i]);
}

/* Blocks of the volume, zeros behind its end. */
static uint8_t *make_blocks(const struct volume *as, size_t room)
{
	CLEANUP(fixture_volume_free) struct fixture_volume v = {0};
	uint8_t *at = calloc(room, BLOCK);

	assert_non_null(at);
	make_volume(&v, as);
	assert_true(v.size <= BLOCKS * BLOCK);
	memcpy(at, v.at, v.size);
	return at;
}

static uint8_t *make_image(const struct volume *as, bool is_shadowed)
{
	CLEANUP(free_memory) uint8_t *now = make_blocks(as, BLOCKS);
	uint8_t *at = make_blocks(is_shadowed ? &before : as, BLOCKS + AREA);
	struct fixture_vss f;

	if (!is_shadowed)
		return at;
	fixture_vss_begin(&f, at, (BLOCKS + AREA) * BLOCK, NULL, 0, BLOCKS * BLOCK);
	fixture_vss_snapshot(&f, 1000, 0x40, 0, 0);
	memcpy(now + 0x1e00, at + 0x1e00, 512);
	for (size_t block = 0; block < BLOCKS; block++)
		if (memcmp(at + block * BLOCK, now + block * BLOCK, BLOCK) != 0)
			fixture_vss_write(&f, block, now + block * BLOCK);
	fixture_vss_free(&f);
	return at;
}

/* The volume; with a shadow copy of how it was before. Made once, read by all runs. */
static const uint8_t *image_of(const struct volume *as, bool is_shadowed)
{
	static uint8_t *images[ARRAY_LEN(after) + 1][2];
	uint8_t **image =
	    &images[as == &before ? ARRAY_LEN(after) : (size_t)(as - after)][is_shadowed];

	if (!*image)
		*image = make_image(as, is_shadowed);
	return *image;
}

/* One run; false when the store died on it. */
static bool run(struct fake_store *store, const struct volume *as, bool is_shadowed)
{
	static const struct bundle_checking checking;
	static const struct vss_choice all = {.all = true};
	const uint8_t *image = image_of(as, is_shadowed);
	CLEANUP(volume_set_free) struct volume_set volumes = {0};
	CLEANUP(text_list_free) struct text_list patterns = {0};
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(collection_free) struct collection *collection = NULL;
	struct bundle_plan bundle = fixture_plan(store);
	struct bundle_resumed resumed;
	char number[SHA256_HEX_ROOM];
	struct err err = {0}, why = {0};

	bundle.limits = (struct bundle_limits){.rotate_bytes = 60 * KIB, .volume_bytes = 90 * KIB};
	assert_true(volume_set_add(&volumes, 'C', NULL, "fake.img", false,
	    &fake_source_new((struct bytes){image, (BLOCKS + AREA) * BLOCK})->source, &err));
	assert_true(!is_shadowed || volume_set_add_shadows(&volumes, &all, &err));
	assert_int_equal(volume_set_usable(&volumes), is_shadowed ? 2 : 1);
	assert_true(text_list_add(&patterns, bytes_of("*"), &err));
	bool is_begun = fake_store_bytes(store, "MANIFEST.sha256").at != NULL;

	if (is_begun ? !bundle_resume(&store->store, &bundle, &checking, &resumed, &writer, &err)
		     : !bundle_create(&store->store, &bundle, &writer, &err)) {
		if (!store->dies_at)
			print_error("%s\n", err.text);
		return false;
	}
	struct collection_plan plan = {.writer = writer,
	    .volumes = &volumes,
	    .profile = "none",
	    .take = &patterns,
	    .no_live = true,
	    .free_bytes = UINT64_MAX};

	assert_true(collection_new(&plan, &collection, &err));
	bool ok = collection_run(collection, &err) &&
		  bundle_finish(writer, bytes_of("custody"), (struct bytes){0}, number, &err);

	/* What is not whole says why. */
	if (ok && !bundle_is_whole(writer, &why))
		assert_int_not_equal(why.kind, ERR_NONE);
	return ok;
}

struct seen { /* a row of the bundle */
	struct text path;
	bool taken, is_partial;
	size_t size;
	unsigned record; /* whose bytes it gives; 0: nobody's */
};

struct look {
	struct seen rows[ROWS_MAX];
	size_t count;
};

static void look_free_at(struct look *look)
{
	for (size_t i = 0; i < look->count; i++)
		text_free(&look->rows[i].path);
}

/* Of whichever file it has the bytes. */
static void look_at_content(struct bundle_reader *reader, size_t index, struct seen *seen)
{
	CLEANUP(source_close) struct source *content = NULL;
	static uint8_t got[BIG_BYTES];

	if (!bundle_member_open(reader, index, &content, NULL) || content->size > BIG_BYTES ||
	    content->size == 0 || !source_read_exact(content, 0, got, (size_t)content->size, NULL))
		return;
	seen->size = (size_t)content->size;
	for (unsigned record = 1; record < RECORDS && !seen->record; record++)
		if (memcmp(got, content_of(record), seen->size) == 0)
			seen->record = record;
}

static void look_at(struct bundle_reader *reader, struct look *out)
{
	assert_true(bundle_row_count(reader) <= ROWS_MAX);
	for (size_t i = 0; i < bundle_row_count(reader); i++) {
		struct seen *seen = &out->rows[out->count++];
		struct bundle_row_view row;

		*seen = (struct seen){0};
		assert_true(bundle_row_at(reader, i, &row, NULL));
		text_add(&seen->path, row.path);
		seen->taken = row.taken;
		seen->is_partial =
		    strstr((const char *)row.json.at, "\"status\":\"partial\"") != NULL;
		look_at_content(reader, i, seen);
	}
}

static const char live[] = "fs/C/", shadow[] = "fs/$vss$/C/1/";

/* Another path of that name ("name~14-1") too. */
static bool is_path_of(struct bytes path, const char *base, const char *name)
{
	size_t base_len = strlen(base), len = base_len + strlen(name);

	return path.len >= len && memcmp(path.at, base, base_len) == 0 &&
	       memcmp(path.at + base_len, name, strlen(name)) == 0 &&
	       (path.len == len || path.at[len] == '~');
}

/* Rows that give the bytes of the file; NULL: any, but only those that have them themselves. */
static size_t count_rows(
    const struct look *look, const struct file *file, const char *base, const char *name)
{
	size_t found = 0;

	for (size_t i = 0; i < look->count; i++) {
		const struct seen *seen = &look->rows[i];

		found += (name ? is_path_of(text_bytes(&seen->path), base, name) : seen->taken) &&
			 seen->record == file->record && seen->size == size_of(file);
	}
	return found;
}

static void check_once(const struct look *look, const struct volume *as, const char *moment)
{
	for (size_t i = 0; i < ARRAY_LEN(as->files) && as->files[i].names[0]; i++) {
		size_t count = count_rows(look, &as->files[i], live, NULL);

		if (count != 1)
			print_error(
			    "%s, %s: not once '%s'\n", as->what, moment, as->files[i].names[0]);
		assert_int_equal(count, 1);
	}
	for (size_t i = 0; i < look->count; i++) {
		if (look->rows[i].is_partial)
			print_error("%s, %s: %s is not whole\n", as->what, moment,
			    text_string(&look->rows[i].path));
		assert_false(look->rows[i].is_partial);
	}
}

static void check_names(
    const struct look *look, const struct volume *as, const char *base, const char *moment)
{
	for (size_t i = 0; i < ARRAY_LEN(as->files); i++)
		for (size_t n = 0; n < ARRAY_LEN(as->files[i].names) && as->files[i].names[n];
		     n++) {
			const char *name = as->files[i].names[n];
			size_t count = count_rows(look, &as->files[i], base, name);

			if (count == 0)
				print_error("%s, %s: no '%s%s'\n", as->what, moment, base, name);
			assert_int_not_equal(count, 0);
		}
}

static void check(
    struct fake_store *store, const struct volume *as, bool is_shadowed, const char *moment)
{
	struct bundle_facts facts = {0};
	CLEANUP(bundle_close) struct bundle_reader *reader = fixture_open(store, &facts);

	if (!reader)
		print_error("%s, %s\n", as->what, moment);
	assert_non_null(reader);
	assert_true(facts.complete);
	CLEANUP(look_free) struct look look = {0};

	look_at(reader, &look);
	check_names(&look, as, live, moment);
	if (is_shadowed)
		check_names(&look, &before, shadow, moment);
	if (as->once && !is_shadowed)
		check_once(&look, as, moment);
}

static bool is_complete(struct fake_store *store)
{
	CLEANUP(manifest_free) struct manifest manifest = {0};
	struct bytes text = fake_store_bytes(store, "MANIFEST.sha256");

	return text.at && manifest_parse(text, &manifest, NULL) && manifest.complete;
}

/* Dies at change `first`, then (0: does not) at change `second` of the next run, and comes to its end in the third. */
static bool die_and_go_on(
    const struct volume *as, bool is_shadowed, uint64_t first, uint64_t second)
{
	CLEANUP(store_free) struct store *owner = NULL;
	struct fake_store *store = fake_store_new();
	char moment[64];

	assert_non_null(store);
	owner = &store->store;
	snprintf(
	    moment, sizeof(moment), "died at change %u and %u", (unsigned)first, (unsigned)second);
	store->dies_at = first;
	if (run(store, &before, is_shadowed))
		return false;
	if (!fake_store_bytes(store, "MANIFEST.p7s").at)
		return true; /* nothing was taken yet */
	if (is_complete(store))
		return false;
	store->dies_at = second ? store->changes + second : 0;
	if (run(store, as, is_shadowed) && second)
		return true;
	store->dies_at = 0;
	if (second)
		(void)run(store, as, is_shadowed); /* refused where it was whole by then */
	check(store, as, is_shadowed, moment);
	return true;
}

static void goes_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(after); i++)
		for (uint64_t first = 1 + i; die_and_go_on(&after[i], false, first, 0); first += 13)
			continue;
}

static void goes_on_twice(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(after); i++)
		for (uint64_t first = 10 + i;
		     die_and_go_on(&after[i], false, first, first * 7 % 90 + 1); first += 37)
			continue;
}

/* What the shadow copy has the same as the volume leads to it, by a name that has the bytes. Seldom where names stay. */
static void goes_on_beside_a_shadow_copy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(after); i++)
		for (uint64_t first = 10 + i; die_and_go_on(&after[i], true, first, 0);
		     first += i < 3 ? 97 : 29)
			continue;
}

/* One change of the store fails, once: what is sealed opens all the same, and goes on. */
static bool fail_and_go_on(uint64_t n)
{
	CLEANUP(store_free) struct store *owner = NULL;
	struct fake_store *store = fake_store_new();
	struct bundle_facts facts = {0};
	char moment[64];

	assert_non_null(store);
	owner = &store->store;
	snprintf(moment, sizeof(moment), "failed at change %u", (unsigned)n);
	store->fail_at = n;
	store->kind = ERR_IO;
	(void)run(store, &before, false);
	store->fail_at = 0;
	if (store->changes < n || !fake_store_bytes(store, "MANIFEST.p7s").at)
		return store->changes >= n;
	CLEANUP(bundle_close) struct bundle_reader *reader = fixture_open(store, &facts);

	if (!reader)
		print_error("%s\n", moment);
	assert_non_null(reader);
	if (!facts.complete)
		assert_true(run(store, &after[0], false));
	check(store, &after[0], false, moment);
	return true;
}

static void survives_each_failure(void **state)
{
	(void)state;
	for (uint64_t n = 1; fail_and_go_on(n); n += 2)
		continue;
}

/* Whether there is a row of the path without bytes. */
static bool is_not_taken(const struct look *look, const char *path)
{
	for (size_t i = 0; i < look->count; i++)
		if (bytes_equal(text_bytes(&look->rows[i].path), bytes_of(path)))
			return !look->rows[i].taken;
	return false;
}

/* Only the last seal was missing: what is new since has no place any more. That costs itself alone, and is said. */
static void new_files_after_the_last_seal(void **state)
{
	CLEANUP(store_free) struct store *owner = NULL;
	CLEANUP(look_free) struct look look = {0};
	CLEANUP(bundle_close) struct bundle_reader *reader = NULL;
	struct fake_store *store = fake_store_new();
	struct bundle_facts facts = {0};

	(void)state;
	assert_non_null(store);
	owner = &store->store;
	store->refused = "CUSTODY";
	assert_true(run(store, &before, false));
	assert_false(is_complete(store));
	store->refused = NULL;
	assert_true(run(store, &after[1], false));
	reader = fixture_open(store, &facts);
	assert_non_null(reader);
	assert_true(facts.complete);
	look_at(reader, &look);
	assert_true(is_not_taken(&look, "fs/C/new"));
	assert_true(is_not_taken(&look, "fs/C/X~14-1"));
}

/* A collection that broke off, whatever broke it, leaves a bundle to go on with. */
static void broken_is_not_complete(void **state)
{
	CLEANUP(store_free) struct store *owner = NULL;
	CLEANUP(bundle_writer_free) struct bundle_writer *writer = NULL;
	CLEANUP(collection_free) struct collection *collection = NULL;
	CLEANUP(volume_set_free) struct volume_set volumes = {0};
	CLEANUP(text_list_free) struct text_list patterns = {0};
	struct fake_store *store = fake_store_new();
	struct bundle_plan bundle = fixture_plan(store);
	char number[SHA256_HEX_ROOM];
	struct err err = {0}, why = {0};

	(void)state;
	owner = &store->store;
	assert_true(bundle_create(owner, &bundle, &writer, NULL));
	struct collection_plan plan = {.writer = writer,
	    .volumes = &volumes,
	    .profile = "none",
	    .take = &patterns,
	    .no_live = true};

	assert_true(text_list_add(&patterns, bytes_of("*"), NULL));
	assert_true(collection_new(&plan, &collection, NULL));
	fail(&why, ERR_LIMIT, "too much");
	collection_break(collection, &why);
	assert_true(fixture_row(writer, "fs/C/x", 1, NULL, NULL));
	assert_false(fixture_entry(writer, BUNDLE_FILES, "fs/C/y", 1, &err));
	assert_true(bundle_finish(writer, (struct bytes){0}, (struct bytes){0}, number, NULL));
	assert_false(is_complete(store));
	assert_false(bundle_is_whole(writer, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(goes_on),
	    cmocka_unit_test(goes_on_twice),
	    cmocka_unit_test(goes_on_beside_a_shadow_copy),
	    cmocka_unit_test(new_files_after_the_last_seal),
	    cmocka_unit_test(broken_is_not_complete),
	    cmocka_unit_test(survives_each_failure),
	};

	return cmocka_run_group_tests(tests, fixture_keys_make, fixture_keys_free);
}
