/* Collector "browser-profiles": what its patterns take and what not. */
#include "tests/unit.h"

#include "core/pattern.h"
#include "tests/fixture_patterns.h"

static void takes_what_it_should(void **state)
{
	(void)state;
	static const char *const wanted[] = {
	    "Users/a/AppData/Local/Microsoft/Windows/WebCache/WebCacheV01.dat",
	    "Users/a/AppData/Local/Microsoft/Windows/History/Low/History.IE5/index.dat",
	    "Documents and Settings/a/Local Settings/History/History.IE5/index.dat",
	    "Users/花子/Downloads/無料クリーナー.exe:Zone.Identifier", NULL};
	static const char *const unwanted[] = {
	    "Users/a/AppData/Local/Microsoft/Windows/INetCache/IE/x.js",
	    "Users/花子/Downloads/無料クリーナー.exe", "Program Files/a.exe:Zone.Identifier", NULL};

	assert_true(fixture_patterns_hold(&collect_browser_profiles, wanted, unwanted));
}

static bool is_below(const struct collector_structure *structure, const char *path)
{
	for (const char *const *p = structure->below; *p; p++)
		if (pattern_match(*p, bytes_of(path)))
			return true;
	return false;
}

static void knows_profiles_by_structure(void **state)
{
	const struct collector_structure *chromium = collect_browser_profiles.structures;

	(void)state;
	assert_string_equal(chromium->anchors[0], "History");
	assert_string_equal(chromium->anchors[1], "Preferences");
	assert_true(is_below(chromium, "History-journal"));
	assert_true(is_below(chromium, "Network/Cookies"));
	assert_true(
	    is_below(chromium, "Extensions/aapocclcgogkmnckokdopfmhonfmgoek/0.10_0/manifest.json"));
	assert_false(is_below(chromium, "Cache/data_0"));
	assert_false(is_below(chromium, "Extensions/a/1/evil.js"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_what_it_should),
	    cmocka_unit_test(knows_profiles_by_structure),
	};

	return cmocka_run_group_tests_name("browser-profiles", tests, NULL, NULL);
}
