/*
 * Comma-separated values as in RFC 4180: cells in quotes may hold commas, line ends and doubled
 * quotes. Line ends are CRLF or LF, a byte-order mark at the start is skipped, and so are lines
 * with nothing in them. Bytes are kept as they are.
 */
#ifndef CTL_CSV_H
#define CTL_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <warmline/fail.h>

struct csv_row {
	size_t line; /* of the file, from 1: where the row begins */
	char **cells;
	size_t n;
};
struct csv {
	struct csv_row *rows; /* the first is the header */
	size_t n;
	size_t bad_line; /* when csv_parse() failed */
};

/* False: a quote that is never closed or stands inside a cell, or a NUL byte. */
bool csv_parse(struct csv *csv, const char *text, size_t len, struct fail *fail);
void csv_free(struct csv *csv);

#endif
