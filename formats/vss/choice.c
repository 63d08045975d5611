/* Which snapshots are meant. See vss.h. */
#include "formats/vss/state.h"

static bool add_word(struct vss_choice *choice, const char *word, size_t len)
{
	static const struct {
		const char *word;
		size_t at;
	} words[] = {{"newest", offsetof(struct vss_choice, newest)},
	    {"mid", offsetof(struct vss_choice, middle)},
	    {"oldest", offsetof(struct vss_choice, oldest)}};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i].word) == len && memcmp(words[i].word, word, len) == 0) {
			*(bool *)((char *)choice + words[i].at) = true;
			return true;
		}
	return false;
}

bool vss_choice_parse(const char *text, struct vss_choice *out, struct err *err)
{
	struct vss_choice choice = {.all = strcmp(text, "all") == 0};
	bool is_whole = choice.all || strcmp(text, "none") == 0;

	for (const char *at = text; !is_whole;) {
		size_t len = strcspn(at, ",");

		if (!add_word(&choice, at, len))
			return fail(err, ERR_USAGE,
			    "--shadow takes all, none, or newest, mid, oldest with commas between, "
			    "not '%.60s'",
			    text);
		is_whole = at[len] == 0;
		at += len + !is_whole;
	}
	*out = choice;
	return true;
}

/* The usable ones stand together at the newest end: each builds on those after it. */
bool vss_is_chosen(const struct vss *vss, size_t index, const struct vss_choice *choice)
{
	size_t first = 0, last = vss_count(vss) - 1;

	while (first < last && vss_info(vss, first)->why.kind != ERR_NONE)
		first++;
	return choice->all || (choice->newest && index == last) ||
	       (choice->oldest && index == first) ||
	       (choice->middle && index == first + (last - first) / 2);
}
