/* RFC 4180: what spreadsheets write is read as it was meant, what is broken is told by line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/csv.h"

static struct csv csv;
static struct fail fail;

static bool parse(const char *text)
{
	return csv_parse(&csv, text, strlen(text), &fail);
}

static void rows_and_cells_come_out_in_order(void **state)
{
	(void)state;
	assert_true(parse("number,name\n+12025550111,Rosa\n+12025550112,Ben\n"));
	assert_int_equal(csv.n, 3);
	assert_int_equal(csv.rows[2].n, 2);
	assert_string_equal(csv.rows[0].cells[1], "name");
	assert_string_equal(csv.rows[2].cells[0], "+12025550112");
	assert_string_equal(csv.rows[2].cells[1], "Ben");
	csv_free(&csv);
}

static void quoted_cells_keep_commas_quotes_and_line_ends(void **state)
{
	(void)state;
	assert_true(parse("a,\"Diaz, Ana \"\"Nita\"\"\",\"two\r\nlines\"\r\nb,,\r\n"));
	assert_int_equal(csv.n, 2);
	assert_string_equal(csv.rows[0].cells[1], "Diaz, Ana \"Nita\"");
	assert_string_equal(csv.rows[0].cells[2], "two\r\nlines");
	assert_int_equal(csv.rows[1].n, 3);
	assert_string_equal(csv.rows[1].cells[2], "");
	assert_int_equal(csv.rows[1].line, 3);
	csv_free(&csv);
}

static void byte_order_mark_blank_lines_and_a_missing_last_line_end_do_no_harm(void **state)
{
	(void)state;
	assert_true(parse("\xef\xbb\xbfnumber\r\n\r\n\n+12025550111"));
	assert_int_equal(csv.n, 2);
	assert_string_equal(csv.rows[0].cells[0], "number");
	assert_string_equal(csv.rows[1].cells[0], "+12025550111");
	assert_int_equal(csv.rows[1].line, 4);
	csv_free(&csv);
}

static void empty_text_has_no_rows(void **state)
{
	(void)state;
	assert_true(parse(""));
	assert_int_equal(csv.n, 0);
	csv_free(&csv);
}

static void lone_carriage_return_is_part_of_a_cell(void **state)
{
	(void)state;
	assert_true(parse("a\rb,c\n"));
	assert_int_equal(csv.n, 1);
	assert_string_equal(csv.rows[0].cells[0], "a\rb");
	csv_free(&csv);
}

static void open_quote_is_told_with_the_line_where_it_opens(void **state)
{
	(void)state;
	assert_false(parse("a,b\nc,d\n\"e,f\ng,h\n"));
	assert_int_equal(csv.bad_line, 3);
	assert_non_null(strstr(fail.text, "never closed"));
}

static void stray_quotes_are_refused(void **state)
{
	(void)state;
	assert_false(parse("a,b\nAna \"Nita\",x\n"));
	assert_int_equal(csv.bad_line, 2);
	assert_false(parse("a,b\n\"Ana\" Diaz,x\n"));
	assert_int_equal(csv.bad_line, 2);
}

static void nul_bytes_are_refused(void **state)
{
	(void)state;
	assert_false(csv_parse(&csv, "a\0b", 3, &fail));
	assert_non_null(strstr(fail.text, "CSV UTF-8"));
}

static void every_cut_of_a_file_is_read_or_refused_without_harm(void **state)
{
	static const char text[] = "\xef\xbb\xbf\"a\"\"\",b\r\n\r\n\"c\n\",\"\"\nd,e,\"f\"";

	(void)state;
	for (size_t n = 0; n < sizeof(text); n++) {
		char *copy = xmemdup(text, n);

		if (csv_parse(&csv, copy, n, &fail))
			csv_free(&csv);
		else
			assert_true(csv.bad_line >= 1 && csv.bad_line <= 6);
		free(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_and_cells_come_out_in_order),
		cmocka_unit_test(quoted_cells_keep_commas_quotes_and_line_ends),
		cmocka_unit_test(
			byte_order_mark_blank_lines_and_a_missing_last_line_end_do_no_harm),
		cmocka_unit_test(empty_text_has_no_rows),
		cmocka_unit_test(lone_carriage_return_is_part_of_a_cell),
		cmocka_unit_test(open_quote_is_told_with_the_line_where_it_opens),
		cmocka_unit_test(stray_quotes_are_refused),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(every_cut_of_a_file_is_read_or_refused_without_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
