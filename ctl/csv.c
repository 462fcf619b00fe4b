#include "ctl/csv.h"

struct reader {
	const char *at, *end;
	size_t line;
};

static void row_add(struct csv *csv, size_t line)
{
	if ((csv->n & (csv->n - 1)) == 0)
		csv->rows = xrealloc(csv->rows, (csv->n ? csv->n * 2 : 1) * sizeof(*csv->rows));
	csv->rows[csv->n++] = (struct csv_row){.line = line};
}

static void cell_add(struct csv_row *row, char *cell)
{
	if ((row->n & (row->n - 1)) == 0)
		row->cells = xrealloc(row->cells, (row->n ? row->n * 2 : 1) * sizeof(*row->cells));
	row->cells[row->n++] = cell;
}

static bool at_line_end(const struct reader *r)
{
	return r->at == r->end || *r->at == '\n' ||
	       (*r->at == '\r' && (r->at + 1 == r->end || r->at[1] == '\n'));
}

static void skip_line_end(struct reader *r)
{
	if (r->at < r->end && *r->at == '\r')
		r->at++;
	if (r->at < r->end && *r->at == '\n')
		r->at++;
	r->line++;
}

/* The closing quote of a cell whose opening one is before `at`; NULL: the text ended first. */
static const char *closing_quote(const char *at, const char *end)
{
	while ((at = memchr(at, '"', (size_t)(end - at))) && at + 1 < end && at[1] == '"')
		at += 2;
	return at;
}

/* Behind the opening quote. NULL: it is never closed. */
static char *quoted_cell(struct reader *r)
{
	const char *close = closing_quote(r->at, r->end);
	size_t n = 0;
	char *cell;

	if (!close)
		return NULL;
	cell = xcalloc(1, (size_t)(close - r->at) + 1);
	for (; r->at < close; r->at++) {
		if (*r->at == '"')
			r->at++;
		if (*r->at == '\n')
			r->line++;
		cell[n++] = *r->at;
	}
	r->at++;
	return cell;
}

static bool read_cell(struct reader *r, struct csv_row *row, struct fail *fail)
{
	const char *start = r->at;
	char *cell;

	if (r->at < r->end && *r->at == '"') {
		r->at++;
		cell = quoted_cell(r);
		if (!cell)
			return fail_set(fail, "a quote is opened here and never closed");
		cell_add(row, cell);
		return at_line_end(r) || *r->at == ',' ||
		       fail_set(fail, "behind a closing quote only a comma may follow");
	}
	while (!at_line_end(r) && *r->at != ',' && *r->at != '"')
		r->at++;
	if (!at_line_end(r) && *r->at == '"')
		return fail_set(fail, "a quote inside a cell: the whole cell must be in quotes, "
				      "and quotes in it doubled");
	cell_add(row, xmemdup(start, (size_t)(r->at - start)));
	return true;
}

static bool read_row(struct reader *r, struct csv *csv, struct fail *fail)
{
	struct csv_row *row;

	row_add(csv, r->line);
	row = &csv->rows[csv->n - 1];
	while (read_cell(r, row, fail)) {
		if (at_line_end(r)) {
			skip_line_end(r);
			return true;
		}
		r->at++; /* the comma */
	}
	csv->bad_line = row->line;
	return false;
}

bool csv_parse(struct csv *csv, const char *text, size_t len, struct fail *fail)
{
	struct reader r = {.at = text, .end = text + len, .line = 1};

	*csv = (struct csv){.bad_line = 1};
	if (memchr(text, '\0', len))
		return fail_set(fail,
			"this is no text file: save the table as \"CSV UTF-8\" and try again");
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		r.at += 3;
	while (r.at < r.end) {
		if (at_line_end(&r))
			skip_line_end(&r);
		else if (!read_row(&r, csv, fail)) {
			csv_free(csv);
			return false;
		}
	}
	return true;
}

void csv_free(struct csv *csv)
{
	for (size_t i = 0; i < csv->n; i++) {
		for (size_t j = 0; j < csv->rows[i].n; j++)
			free(csv->rows[i].cells[j]);
		free(csv->rows[i].cells);
	}
	free(csv->rows);
	csv->rows = NULL;
	csv->n = 0;
}
