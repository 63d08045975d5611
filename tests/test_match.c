/* Many patterns at once must choose as each of them alone does. */
#include "tests/unit.h"

#include "collectors/match.h"
#include "core/pattern.h"

static uint32_t mask_of(const char *pattern, char letter, const char *path)
{
	struct matcher matcher = {0};

	assert_true(matcher_add(&matcher, 3, pattern, NULL));
	uint32_t mask = matcher_mask(&matcher, letter, bytes_of(path));

	matcher_free(&matcher);
	return mask;
}

static void agrees_with_pattern_match(void **state)
{
	static const char *const patterns[] = {"**", "*", "a", "A/B", "a/**", "**/b", "a/**/b",
	    "a/*/b", "*.TXT", "**.txt", "?", "a?c", "**/*.txt:*", "ａ/ｂ", "Ä/ö", "a**b", "*a*",
	    "**/a/**", "/lead", "***", "日本*/語"};
	static const char *const paths[] = {"a", "A/b", "a/x/b", "a/x/y/b", "b", "x.txt", "d/x.Txt",
	    "d/x.txt:stream", "abc", "Ａ/Ｂ", "ä/Ö", "axxb", "ab", "lead", "日本国/語", "a/b/c/a/d",
	    "\xed\xa0\x80/b", "\xff/b", ""};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		for (size_t j = 0; j < ARRAY_LEN(paths); j++) {
			const char *plain = patterns[i] + strspn(patterns[i], "/");
			bool want = *paths[j] && pattern_match(plain, bytes_of(paths[j]));

			if (mask_of(patterns[i], 'C', paths[j]) != (want ? 1u << 3 : 0)) {
				print_error("pattern '%s', path '%s'\n", patterns[i], paths[j]);
				assert_true(false);
			}
		}
}

static void knows_letters_and_backslashes(void **state)
{
	(void)state;
	assert_int_equal(mask_of("C:/Users/*", 'C', "Users/a"), 8);
	assert_int_equal(mask_of("c:\\Users\\*", 'C', "Users/a"), 8);
	assert_int_equal(mask_of("D:/Users/*", 'C', "Users/a"), 0);
	assert_int_equal(mask_of("a:stream", 'C', "a:stream"), 8);
	assert_int_equal(mask_of("/Users/a", 'Z', "users/A"), 8);
}

/* A row of what was not found is named after its pattern: with an empty component no bundle would open. */
static void keeps_no_empty_component(void **state)
{
	static const char *const written[] = {"a/b", "//a//b", "a/b/", "C:\\a\\\\b\\", "a\\/b//"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(written); i++) {
		struct matcher matcher = {0};

		assert_true(matcher_add(&matcher, 0, written[i], NULL));
		assert_string_equal(matcher.at[0].text, "a/b");
		assert_int_equal(matcher_mask(&matcher, 'C', bytes_of("A/b")), 1);
		matcher_free(&matcher);
	}
	assert_int_equal(mask_of("**/", 'C', "a/b"), 8);
}

static void takes_trees_when_told(void **state)
{
	struct matcher matcher = {0};

	(void)state;
	assert_true(matcher_add(&matcher, 0, "Users/ＡＢ", NULL));
	assert_int_equal(matcher_mask(&matcher, 'C', bytes_of("users/ａｂ/c/d.txt")), 0);
	matcher.at[0].is_tree = true;
	assert_int_equal(matcher_mask(&matcher, 'C', bytes_of("users/ａｂ/c/d.txt")), 1);
	assert_int_equal(matcher_mask(&matcher, 'C', bytes_of("users/ａｂ")), 1);
	assert_int_equal(matcher_mask(&matcher, 'C', bytes_of("users/ａｂc/d.txt")), 0);
	assert_int_equal(matcher_mask(&matcher, 'C', bytes_of("users")), 0);
	matcher_free(&matcher);
}

static void refuses_empty_and_endless(void **state)
{
	char endless[MATCH_PATTERN_BYTES + 2];
	struct matcher matcher = {0};
	struct err err = {0};

	(void)state;
	memset(endless, 'a', sizeof(endless));
	endless[sizeof(endless) - 1] = 0;
	assert_false(matcher_add(&matcher, 0, "", &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_false(matcher_add(&matcher, 0, "C:/", &err));
	assert_false(matcher_add(&matcher, 0, endless, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	matcher_free(&matcher);
}

static void gives_each_collector_its_bit(void **state)
{
	struct matcher matcher = {0};

	(void)state;
	assert_true(matcher_add(&matcher, 0, "**", NULL));
	assert_true(matcher_add(&matcher, 5, "a/*", NULL));
	assert_true(matcher_add(&matcher, 31, "a/b", NULL));
	assert_true(matcher_mask(&matcher, 'C', bytes_of("a/b")) == (1u | 1u << 5 | 1u << 31));
	assert_true(matcher_mask(&matcher, 'C', bytes_of("b")) == 1u);
	matcher_free(&matcher);
}

/* Only a pattern with a ':' asks for streams by name. */
static void tells_who_names_streams(void **state)
{
	struct matcher matcher = {0};

	(void)state;
	assert_true(matcher_add(&matcher, 0, "**", NULL));
	assert_true(matcher_add(&matcher, 1, "a/*:*", NULL));
	assert_true(matcher_add(&matcher, 2, "c:/a/b:s", NULL));
	assert_true(matcher_mask(&matcher, 'C', bytes_of("a/b:s")) == 7u);
	assert_true(matcher_stream_mask(&matcher, 'C', bytes_of("a/b:s")) == 6u);
	assert_true(matcher_stream_mask(&matcher, 'D', bytes_of("a/b:s")) == 2u);
	assert_true(matcher_stream_mask(&matcher, 'C', bytes_of("b:s")) == 0);
	matcher_free(&matcher);
}

static uint32_t draw(uint64_t *seed, uint32_t below)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(*seed >> 33) % below;
}

/* Words of few letters, so that patterns are alike and many match. */
static void add_word(uint64_t *seed, char *to, size_t room, bool wild)
{
	size_t len = strlen(to);
	size_t more = 1 + draw(seed, 9);

	if (len + more + 2 > room)
		return;
	while (more--)
		to[len++] =
		    wild && draw(seed, 6) == 0 ? "*?"[draw(seed, 2)] : "abAB.-"[draw(seed, 6)];
	to[len] = 0;
}

static void make_path(uint64_t *seed, char *to, size_t room, bool wild)
{
	to[0] = 0;
	for (uint32_t parts = 1 + draw(seed, 4); parts; parts--) {
		if (wild && draw(seed, 8) == 0)
			memcpy(to + strlen(to), "**", 3);
		else
			add_word(seed, to, room, wild);
		if (parts > 1)
			memcpy(to + strlen(to), "/", 2);
	}
}

/* The index leaves out no pattern: many together say what each one says alone. */
static void test_many_are_as_each_alone(void **state)
{
	enum { PATTERNS = 31, PATHS = 4000 };
	struct matcher all = {0};
	struct matcher each[PATTERNS] = {0};
	uint64_t seed = 7;
	size_t hits = 0;
	char text[128];

	(void)state;
	for (unsigned i = 0; i < PATTERNS; i++) {
		make_path(&seed, text, 60, true);
		assert_true(matcher_add(&all, i, text, NULL));
		assert_true(matcher_add(&each[i], 0, text, NULL));
		all.at[i].is_tree = each[i].at[0].is_tree = !match_is_wild(&all.at[i]);
	}
	for (unsigned n = 0; n < PATHS; n++) {
		make_path(&seed, text, 60, false);
		/* Near what a pattern says, so that some match. */
		if (n % 2)
			snprintf(text, sizeof(text), "%.100s%s", all.at[n % PATTERNS].text,
			    n % 4 == 1 ? "" : "/a");
		uint32_t want = 0;

		for (unsigned i = 0; i < PATTERNS; i++)
			want |= matcher_mask(&each[i], 'C', bytes_of(text)) << i;
		assert_int_equal(matcher_mask(&all, 'C', bytes_of(text)), want);
		hits += (size_t)__builtin_popcount(want);
	}
	assert_true(hits > PATHS / 4 && hits < (size_t)PATHS * PATTERNS / 2);
	for (unsigned i = 0; i < PATTERNS; i++)
		matcher_free(&each[i]);
	matcher_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(agrees_with_pattern_match),
	    cmocka_unit_test(knows_letters_and_backslashes),
	    cmocka_unit_test(keeps_no_empty_component),
	    cmocka_unit_test(takes_trees_when_told),
	    cmocka_unit_test(refuses_empty_and_endless),
	    cmocka_unit_test(gives_each_collector_its_bit),
	    cmocka_unit_test(tells_who_names_streams),
	    cmocka_unit_test(test_many_are_as_each_alone),
	};

	return cmocka_run_group_tests_name("match", tests, NULL, NULL);
}
