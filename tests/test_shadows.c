/* Shadow copies as volumes of a collection: which are meant, what they are called, where their stores are found. */
#include "tests/unit.h"

#include "collectors/shadows.h"
#include "tests/fixture_ntfs.h"
#include "tests/fixture_vss.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK  ((size_t)FIXTURE_VSS_BLOCK)
#define BLOCKS 64u
#define AREA   16u

static bool parses(const char *text, struct vss_choice *out)
{
	struct err err = {0};
	bool ok = vss_choice_parse(text, out, &err);

	assert_int_equal(err.kind, ok ? ERR_NONE : ERR_USAGE);
	return ok;
}

static void test_choice(void **state)
{
	static const char *const wrong[] = {"", ",", "newest,", ",oldest", "all,newest",
	    "none,oldest", "Newest", "new", "newestoldest", "newest oldest"};
	struct vss_choice choice;

	(void)state;
	assert_true(parses("none", &choice));
	assert_false(vss_choice_any(&choice));
	assert_true(parses("all", &choice));
	assert_true(choice.all && !choice.newest);
	assert_true(parses(SHADOW_CHOICE_DEFAULT, &choice));
	assert_true(choice.newest && choice.oldest && !choice.middle && !choice.all);
	assert_true(parses("mid", &choice));
	assert_true(choice.middle && !choice.oldest);
	assert_true(parses("oldest,mid,newest,mid", &choice));
	assert_true(choice.middle && choice.oldest && choice.newest);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		assert_false(parses(wrong[i], &choice));
}

/* Of a volume that is not usable: there is nothing but the header of the shadow copies. */
static void add_volume(struct volume_set *set, char letter, uint8_t *at)
{
	struct source *raw = source_of_bytes((struct bytes){at, BLOCKS * BLOCK});
	struct err err = {0};

	assert_non_null(raw);
	assert_true(volume_set_add(set, letter, NULL, "fake.img", true, raw, &err));
}

static void test_names(void **state)
{
	CLEANUP(volume_set_free) struct volume_set set = {0};
	uint8_t *at = calloc(BLOCKS, BLOCK);
	struct fixture_vss f;
	struct source *raw = NULL;
	struct err err = {0}, why = {0};

	(void)state;
	assert_non_null(at);
	fixture_vss_begin(&f, at, BLOCKS * BLOCK, NULL, 0, AREA * BLOCK);
	for (unsigned i = 0; i < 3; i++)
		fixture_vss_snapshot(&f, 7 + i, 0x40, 0, 0);
	add_volume(&set, 'C', at);
	assert_true(vss_open(set.at[0].raw, NULL, &set.at[0].vss, &err));
	assert_true(vss_snapshot_open(set.at[0].vss, 2, VSS_KEPT_ONLY, &raw, &err));
	assert_true(volume_set_add_shadow(&set, 0, 2, raw, &why, &err));
	fail(&why, ERR_DAMAGED, "lost");
	assert_true(volume_set_add_shadow(&set, 0, 0, NULL, &why, &err));
	assert_int_equal(set.count, 3);
	assert_string_equal(text_string(&set.at[1].name), "$vss$/C/3");
	assert_string_equal(text_string(&set.at[2].name), "$vss$/C/1");
	assert_int_equal(set.at[1].letter, 'C'); /* patterns for C: are for it, too */
	assert_true(set.at[1].is_live);
	assert_string_equal(set.at[2].why.text, "lost");
	assert_int_equal(shadow_number(&set.at[1]), 3);
	assert_int_equal(shadow_info(&set, &set.at[1])->created, 9);
	assert_null(shadow_info(&set, &set.at[0]));
	/* The letter itself is taken once. */
	raw = source_of_bytes((struct bytes){at, BLOCKS * BLOCK});
	assert_false(volume_set_add(&set, 'C', NULL, "again.img", false, raw, &err));
	fixture_vss_free(&f);
	volume_set_free(&set);
	free(at);
}

/* They are looked for on a volume that cannot be read itself, and named when they cannot be read either. */
static void test_unusable(void **state)
{
	CLEANUP(volume_set_free) struct volume_set set = {0};
	uint8_t *at = calloc(BLOCKS, BLOCK);
	struct vss_choice choice;
	struct fixture_vss f;
	struct err err = {0};

	(void)state;
	assert_non_null(at);
	fixture_vss_begin(&f, at, BLOCKS * BLOCK, NULL, 0, AREA * BLOCK);
	for (unsigned i = 0; i < 3; i++)
		fixture_vss_snapshot(&f, 7 + i, 0x40, 0, 0);
	at[f.storage_catalog + 256] = 1; /* the store of the first */
	add_volume(&set, 'C', at);
	assert_true(parses("newest", &choice));
	assert_true(volume_set_add_shadows(&set, &choice, &err));
	assert_int_equal(set.count, 3);
	assert_string_equal(text_string(&set.at[1].name), "$vss$/C/3");
	assert_non_null(set.at[1].raw);
	assert_string_equal(text_string(&set.at[2].name), "$vss$/C/1");
	assert_string_equal(set.at[2].why.text, "its store is not in the catalogue");
	assert_int_equal(volume_set_usable(&set), 0);
	fixture_vss_free(&f);
	volume_set_free(&set);
	free(at);
}

static bool is_chosen(const struct vss *vss, size_t index, const char *word)
{
	struct vss_choice choice;

	assert_true(parses(word, &choice));
	return vss_is_chosen(vss, index, &choice);
}

/* Of five, of which the two oldest are lost. */
static void test_chosen(void **state)
{
	uint8_t *at = calloc(BLOCKS, BLOCK);
	struct fixture_vss f;
	struct vss *vss = NULL;
	struct err err = {0};

	(void)state;
	assert_non_null(at);
	fixture_vss_begin(&f, at, BLOCKS * BLOCK, NULL, 0, AREA * BLOCK);
	for (unsigned i = 0; i < 5; i++)
		fixture_vss_snapshot(&f, i, 0x40, 0, 0);
	at[f.storage_catalog + 256 + 256] = 1; /* the store of the second */
	struct source *raw = source_of_bytes((struct bytes){at, BLOCKS * BLOCK});

	assert_non_null(raw);
	assert_true(vss_open(raw, NULL, &vss, &err));
	assert_true(is_chosen(vss, 4, "newest"));
	assert_false(is_chosen(vss, 3, "newest"));
	assert_true(is_chosen(vss, 2, "oldest"));
	assert_false(is_chosen(vss, 0, "oldest"));
	assert_true(is_chosen(vss, 3, "mid"));
	assert_true(is_chosen(vss, 3, "all"));
	assert_false(is_chosen(vss, 3, "newest,oldest"));
	vss_close(vss);
	source_close(raw);
	fixture_vss_free(&f);
	free(at);
}

static void add_ntfs(
    struct volume_set *set, char letter, struct fixture_volume *v, uint32_t cluster)
{
	struct err err = {0};

	assert_true(fixture_volume_new(v, 512, cluster, 1024, 140, 8));
	struct source *raw = source_of_bytes((struct bytes){v->at, v->size});

	assert_non_null(raw);
	assert_true(volume_set_add(set, letter, NULL, "fake.img", false, raw, &err));
	assert_non_null(set->at[set->count - 1].ntfs);
}

/* The same runs in clusters of another size are another file. */
static void test_other_clusters(void **state)
{
	CLEANUP(fixture_volume_free) struct fixture_volume then = {0};
	CLEANUP(fixture_volume_free) struct fixture_volume same = {0};
	CLEANUP(fixture_volume_free) struct fixture_volume other = {0};
	CLEANUP(volume_set_free) struct volume_set set = {0};
	struct ntfs_run hole = {0, NTFS_HOLE, 2};
	struct ntfs_stream stream = {.type = NTFS_DATA, .size = 700, .runs = &hole, .run_count = 1};

	(void)state;
	add_ntfs(&set, 'C', &then, 512);
	add_ntfs(&set, 'D', &same, 512);
	add_ntfs(&set, 'E', &other, 1024);
	assert_true(shadow_is_same(&set, &set.at[0], &stream, &set.at[1], &stream));
	assert_false(shadow_is_same(&set, &set.at[0], &stream, &set.at[2], &stream));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_choice),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_unusable),
	    cmocka_unit_test(test_chosen),
	    cmocka_unit_test(test_other_clusters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
