/* The word that was meant. See nearest.h. */
#include "core/nearest.h"

#define WORD_MAX 32 /* letters: a longer one is near nothing */
#define NEAR     2  /* of longer words; of short ones a part */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: three rows are all that a swap looks back to. */
static size_t distance(struct bytes a, const char *b, size_t b_len)
{
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		const size_t *above = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];
		size_t *row = rows[i % 3];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			bool is_same = a.at[i - 1] == (uint8_t)b[j - 1];

			row[j] = least(above[j - 1] + !is_same, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.at[i - 1] == (uint8_t)b[j - 2] &&
			    a.at[i - 2] == (uint8_t)b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b_len];
}

void nearest_look(struct nearest *nearest, const char *word)
{
	size_t len = strlen(word);

	if (nearest->typed.len > WORD_MAX || len > WORD_MAX)
		return;
	size_t far = distance(nearest->typed, word, len);

	/* Of two letters every other word would be near. */
	if (far > NEAR || far * 2 >= len || (nearest->word && far >= nearest->distance))
		return;
	nearest->word = word;
	nearest->distance = far;
}
