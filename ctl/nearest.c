#include "ctl/command.h"

#include <string.h>

#define WORD_MAX 40

static size_t least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edit distance: letters to put in, take out or change. */
static size_t distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], n = strlen(b);

	if (strlen(a) > WORD_MAX || n > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];

			row[j] = least(above + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1]));
			corner = above;
		}
	}
	return row[n];
}

const char *word_nearest(const char *word, const char *const *words, size_t n)
{
	const char *nearest = NULL;
	size_t most = strlen(word) / 3 + 1, best = most + 1;

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(word, words[i]);

		if (strlen(word) >= 2 && strncmp(word, words[i], strlen(word)) == 0)
			d = 1;
		if (d < best) {
			best = d;
			nearest = words[i];
		}
	}
	return nearest;
}
