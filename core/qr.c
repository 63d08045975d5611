/* QR codes. See qr.h; numbers of clauses and tables are those of ISO/IEC 18004:2015. */
#include "core/qr.h"

#include <stdlib.h>

#define VERSIONS      6
#define CODEWORDS_MAX 172
#define CHECK_MAX     26
#define MODE_BYTE     4 /* table 2 */
#define LEVEL_M       0 /* table 12 */
#define MASKS         8

/* Level M of table 9: all blocks of a version are of one length. */
static const struct version {
	int codewords, blocks, check; /* check: of each block */
} versions[VERSIONS] = {
    {26, 1, 10}, {44, 1, 16}, {70, 1, 26}, {100, 2, 18}, {134, 2, 24}, {172, 4, 16}};

struct symbol {
	struct qr qr;
	bool is_fixed[QR_SIZE_MAX][QR_SIZE_MAX]; /* a function pattern: neither data nor masked */
	int version;                             /* from 1 */
};

/* In the field of 256 elements modulo x^8 + x^4 + x^3 + x^2 + 1 (7.5.2). */
static uint8_t multiply(uint8_t a, uint8_t b)
{
	unsigned product = 0;

	for (int bit = 7; bit >= 0; bit--) {
		product = product << 1 ^ (product >> 7) * 0x11d;
		product ^= (unsigned)(b >> bit & 1) * a;
	}
	return (uint8_t)product;
}

/* Product of (x - 2^i), highest coefficient (1) left out. */
static void make_divisor(int degree, uint8_t divisor[CHECK_MAX])
{
	uint8_t root = 1;

	memset(divisor, 0, CHECK_MAX);
	divisor[degree - 1] = 1;
	for (int i = 0; i < degree; i++) {
		for (int j = 0; j < degree; j++)
			divisor[j] = (uint8_t)(multiply(divisor[j], root) ^
					       (j + 1 < degree ? divisor[j + 1] : 0));
		root = multiply(root, 2);
	}
}

/* The remainder of the data, shifted by the degree, divided by the divisor. */
static void add_check(const uint8_t *data, int len, int degree, uint8_t check[CHECK_MAX])
{
	uint8_t divisor[CHECK_MAX];

	make_divisor(degree, divisor);
	memset(check, 0, CHECK_MAX);
	for (int i = 0; i < len; i++) {
		uint8_t factor = data[i] ^ check[0];

		memmove(check, check + 1, CHECK_MAX - 1);
		check[degree - 1] = 0;
		for (int j = 0; j < degree; j++)
			check[j] ^= multiply(divisor[j], factor);
	}
}

/* Mode, length, text, terminator, padding (7.4): half bytes first, as the mode has four bits. */
static void make_data(struct bytes text, int len, uint8_t *data)
{
	int at = 0;
	uint8_t half = MODE_BYTE;

	memset(data, 0, (size_t)len);
	data[at++] = (uint8_t)(half << 4 | text.len >> 4);
	half = text.len & 15;
	for (size_t i = 0; i < text.len; i++) {
		data[at++] = (uint8_t)(half << 4 | text.at[i] >> 4);
		half = text.at[i] & 15;
	}
	data[at++] = (uint8_t)(half << 4);
	for (int i = 0; at < len; i++)
		data[at++] = i % 2 ? 0x11 : 0xec;
}

/* Data of all blocks by turns, then their check words by turns (7.6). */
static void make_codewords(struct bytes text, const struct version *version, uint8_t *out)
{
	uint8_t data[CODEWORDS_MAX];
	uint8_t check[CHECK_MAX];
	int blocks = version->blocks;
	int len = version->codewords / blocks - version->check;

	make_data(text, len * blocks, data);
	for (int block = 0; block < blocks; block++) {
		add_check(data + block * len, len, version->check, check);
		for (int i = 0; i < len; i++)
			out[i * blocks + block] = data[block * len + i];
		for (int i = 0; i < version->check; i++)
			out[(len + i) * blocks + block] = check[i];
	}
}

static void put(struct symbol *symbol, int row, int column, bool dark)
{
	int size = symbol->qr.size;

	if (row < 0 || column < 0 || row >= size || column >= size)
		return;
	symbol->qr.dark[row][column] = dark;
	symbol->is_fixed[row][column] = true;
}

/* Rings around a middle: finder (6.3.3) with its separator has radius 4, alignment (6.3.6) radius 2. */
static void put_rings(struct symbol *symbol, int row, int column, int radius)
{
	for (int y = -radius; y <= radius; y++)
		for (int x = -radius; x <= radius; x++) {
			int ring = abs(x) > abs(y) ? abs(x) : abs(y);
			bool dark = radius == 4 ? ring != 2 && ring != 4 : ring != 1;

			put(symbol, row + y, column + x, dark);
		}
}

/* Level and mask with a BCH (15, 5) check, twice (7.9). */
static void put_format(struct symbol *symbol, unsigned mask)
{
	unsigned data = LEVEL_M << 3 | mask;
	unsigned rest = data;
	int size = symbol->qr.size;

	for (int i = 0; i < 10; i++)
		rest = rest << 1 ^ (rest >> 9) * 0x537;
	unsigned bits = (data << 10 | rest) ^ 0x5412;

	for (int i = 0; i < 15; i++) {
		bool dark = bits >> i & 1;
		int along = i < 6 ? i : i < 8 ? i + 1 : size - 15 + i;
		int across = i < 8 ? size - 1 - i : i == 8 ? 7 : 14 - i;

		put(symbol, along, 8, dark);
		put(symbol, 8, across, dark);
	}
	put(symbol, size - 8, 8, true);
}

static void put_functions(struct symbol *symbol)
{
	int size = symbol->qr.size;

	for (int i = 0; i < size; i++) {
		put(symbol, 6, i, i % 2 == 0);
		put(symbol, i, 6, i % 2 == 0);
	}
	put_rings(symbol, 3, 3, 4);
	put_rings(symbol, 3, size - 4, 4);
	put_rings(symbol, size - 4, 3, 4);
	if (symbol->version > 1)
		put_rings(symbol, size - 7, size - 7, 2);
	put_format(symbol, 0);
}

/* In columns of two from the right, up and down by turns, leaving out column 6 (7.7.3). */
static void put_codewords(struct symbol *symbol, const uint8_t *codewords, int count)
{
	int size = symbol->qr.size;
	int at = 0;

	for (int pair = 0; pair < size / 2; pair++) {
		int right = size - 1 - 2 * pair;

		right -= right <= 6;
		for (int i = 0; i < 2 * size; i++) {
			int row = pair % 2 ? i / 2 : size - 1 - i / 2;
			int column = right - i % 2;

			if (symbol->is_fixed[row][column])
				continue;
			symbol->qr.dark[row][column] =
			    at < 8 * count && codewords[at / 8] >> (7 - at % 8) & 1;
			at++;
		}
	}
}

/* Table 10. */
static bool mask_bit(unsigned mask, int row, int column)
{
	int product = row * column;

	switch (mask) {
	case 0:
		return (row + column) % 2 == 0;
	case 1:
		return row % 2 == 0;
	case 2:
		return column % 3 == 0;
	case 3:
		return (row + column) % 3 == 0;
	case 4:
		return (row / 2 + column / 3) % 2 == 0;
	case 5:
		return product % 2 + product % 3 == 0;
	case 6:
		return (product % 2 + product % 3) % 2 == 0;
	default:
		return ((row + column) % 2 + product % 3) % 2 == 0;
	}
}

static void put_mask(struct symbol *symbol, unsigned mask)
{
	int size = symbol->qr.size;

	for (int row = 0; row < size; row++)
		for (int column = 0; column < size; column++)
			symbol->qr.dark[row][column] ^=
			    !symbol->is_fixed[row][column] && mask_bit(mask, row, column);
	put_format(symbol, mask);
}

/* One line of modules: long runs, and what looks like a finder with white beside it (table 11). */
static int line_penalty(const bool *line, int size)
{
	int penalty = 0;
	int run = 0;
	unsigned last = 0;

	for (int i = 0; i < size; i++) {
		run = i && line[i] == line[i - 1] ? run + 1 : 1;
		penalty += run == 5 ? 3 : run > 5 ? 1 : 0;
		last = (last << 1 | line[i]) & 0x7ff;
		if (i >= 10 && (last == 0x5d0 || last == 0x05d))
			penalty += 40;
	}
	return penalty;
}

static int penalty_of(const struct qr *qr)
{
	bool line[QR_SIZE_MAX];
	int penalty = 0;
	int dark = 0;

	for (int i = 0; i < qr->size; i++) {
		for (int j = 0; j < qr->size; j++) {
			line[j] = qr->dark[j][i];
			dark += line[j];
			penalty += i && j && qr->dark[i][j] == qr->dark[i - 1][j] &&
					   qr->dark[i][j] == qr->dark[i][j - 1] &&
					   qr->dark[i][j] == qr->dark[i - 1][j - 1]
				       ? 3
				       : 0;
		}
		penalty += line_penalty(qr->dark[i], qr->size) + line_penalty(line, qr->size);
	}
	int percent = dark * 100 / (qr->size * qr->size);

	return penalty + abs(percent - 50) / 5 * 10;
}

static unsigned best_mask(struct symbol *symbol)
{
	unsigned best = 0;
	int lowest = 0;

	for (unsigned mask = 0; mask < MASKS; mask++) {
		put_mask(symbol, mask);
		int penalty = penalty_of(&symbol->qr);

		put_mask(symbol, mask); /* off again */
		if (mask && penalty >= lowest)
			continue;
		best = mask;
		lowest = penalty;
	}
	return best;
}

bool qr_make(struct bytes text, struct qr *out, struct err *err)
{
	uint8_t codewords[CODEWORDS_MAX] = {0};
	struct symbol symbol = {0};

	for (int i = 0; i < VERSIONS && !symbol.version; i++) {
		const struct version *version = &versions[i];
		int room = version->codewords - version->blocks * version->check - 2;

		if (text.len <= (size_t)room)
			symbol.version = i + 1;
	}
	if (!symbol.version)
		return fail(err, ERR_LIMIT, "a QR code of ours holds %d bytes", QR_BYTES_MAX);
	symbol.qr.size = 17 + 4 * symbol.version;
	const struct version *version = &versions[symbol.version - 1];

	put_functions(&symbol);
	make_codewords(text, version, codewords);
	put_codewords(&symbol, codewords, version->codewords);
	put_mask(&symbol, best_mask(&symbol));
	*out = symbol.qr;
	return true;
}
