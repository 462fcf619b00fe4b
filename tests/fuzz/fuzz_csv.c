/* A list of people from any program: rows and cells, or a line that is named. */
#include "ctl/csv.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct csv *csv, size_t size)
{
	size_t bytes = 0, line = 0;

	for (size_t r = 0; r < csv->n; r++) {
		if (csv->rows[r].line <= line)
			abort();
		line = csv->rows[r].line;
		for (size_t c = 0; c < csv->rows[r].n; c++)
			bytes += strlen(csv->rows[r].cells[c]);
	}
	if (bytes > size)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *exact = malloc(size ? size : 1);
	struct fail fail = {""};
	struct csv csv;

	memcpy(exact, data, size);
	if (csv_parse(&csv, exact, size, &fail)) {
		check(&csv, size);
		csv_free(&csv);
	} else if (!csv.bad_line || !fail.text[0]) {
		abort();
	}
	free(exact);
	return 0;
}
