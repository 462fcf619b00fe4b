#include "ctl/roll.h"

#include "ctl/csv.h"

#include <errno.h>
#include <sys/stat.h>
#include <warmline/fail.h>

#define LIST_BYTES (16 << 20)

static struct candidate *roll_add(struct roll *roll)
{
	if ((roll->n & (roll->n - 1)) == 0)
		roll->all = xrealloc(roll->all, (roll->n ? roll->n * 2 : 1) * sizeof(*roll->all));
	roll->all[roll->n] = (struct candidate){.settled = false};
	return &roll->all[roll->n++];
}

void roll_read_options(struct roll *roll, const struct call *call, const struct site *site,
	const struct program *program, struct problems *problems)
{
	const char *values[FIELDS] = {NULL};

	for (int i = 0; i < FIELDS; i++)
		values[i] = call_option(call, enrollment_field_name((enum enrollment_field)i));
	if (values[FIELD_CONFIRMED])
		values[FIELD_CONFIRMED] = "yes";
	enrollment_read(
		&roll_add(roll)->facts, site, program, values, "warmline enroll", 0, problems);
}

static char *read_file(const char *path, size_t *len, struct fail *fail)
{
	FILE *in = fopen(path, "rbe");
	char *text = NULL;
	struct stat about;

	if (!in || fstat(fileno(in), &about) < 0) {
		fail_set(fail, "%s cannot be read: %s", path, strerror(errno));
	} else if (!S_ISREG(about.st_mode) || about.st_size > LIST_BYTES) {
		fail_set(fail, "%s is no list: expected a CSV file of at most 16 MiB", path);
	} else {
		text = xcalloc(1, (size_t)about.st_size + 1);
		*len = fread(text, 1, (size_t)about.st_size, in);
	}
	if (in)
		fclose(in);
	return text;
}

/* Which column means what; -1 = no field. False when the header is wrong. */
static bool read_header(
	const struct csv_row *header, const char *file, int *columns, struct problems *problems)
{
	bool has[FIELDS] = {false}, ok = true;
	enum enrollment_field field;

	for (size_t i = 0; i < header->n; i++) {
		if (i >= FIELDS || !enrollment_field_find(header->cells[i], &field)) {
			problems_add(problems, file, header->line,
				"column \"%.40s\" is unknown, expected number, name, language, "
				"zone, supporter, hour, day, confirmed, with commas between",
				header->cells[i]);
			return false;
		}
		if (has[field]) {
			problems_add(problems, file, header->line, "column %s is there twice",
				header->cells[i]);
			ok = false;
		}
		has[field] = true;
		columns[i] = (int)field;
	}
	if (!has[FIELD_NUMBER] || !has[FIELD_NAME]) {
		problems_add(problems, file, header->line,
			"the first line must name the columns, number and name among them");
		ok = false;
	}
	return ok;
}

static void check_twice(const struct roll *roll, const char *file, struct problems *problems)
{
	const struct enrollment *last = &roll->all[roll->n - 1].facts;

	for (size_t i = 0; i + 1 < roll->n && *last->number.text; i++) {
		if (strcmp(roll->all[i].facts.number.text, last->number.text) == 0) {
			problems_add(problems, file, last->line,
				"number is the same as in line %zu, expected each person once",
				roll->all[i].facts.line);
			return;
		}
	}
}

static void read_row(struct roll *roll, const struct csv_row *row, const struct csv_row *header,
	const int *columns, const struct site *site, const struct program *program,
	const char *file, struct problems *problems)
{
	const char *values[FIELDS] = {NULL};

	if (row->n != header->n) {
		problems_add(problems, file, row->line,
			"%zu cells, expected %zu as in the first line", row->n, header->n);
		return;
	}
	for (size_t i = 0; i < row->n; i++)
		values[columns[i]] = row->cells[i];
	enrollment_read(&roll_add(roll)->facts, site, program, values, file, row->line, problems);
	check_twice(roll, file, problems);
}

void roll_read_list(struct roll *roll, const char *file, const struct site *site,
	const struct program *program, struct problems *problems)
{
	int columns[FIELDS];
	struct fail fail;
	struct csv csv;
	size_t len = 0;
	char *text = read_file(file, &len, &fail);

	if (!text) {
		problems_add(problems, "warmline enroll", 0, "%s", fail.text);
		return;
	}
	if (!csv_parse(&csv, text, len, &fail))
		problems_add(problems, file, csv.bad_line, "%s", fail.text);
	else if (csv.n < 2)
		problems_add(problems, file, 1,
			"nobody is in this list, expected a line with the names of the columns "
			"and one line for each person");
	else if (read_header(&csv.rows[0], file, columns, problems))
		for (size_t i = 1; i < csv.n; i++)
			read_row(roll, &csv.rows[i], &csv.rows[0], columns, site, program, file,
				problems);
	csv_free(&csv);
	free(text);
}

void roll_free(struct roll *roll)
{
	for (size_t i = 0; i < roll->n; i++)
		sheet_clear(&roll->all[i].sheet);
	free(roll->all);
	*roll = (struct roll){.n = 0};
}
