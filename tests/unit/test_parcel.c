/* What stands in the journal is enough to post an event again exactly as it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/parcel.h"

#include <cmocka.h>
#include <warmline/fail.h>

static void a_parcel_comes_out_of_the_journal_as_it_went_in(void **state)
{
	struct parcel *in = parcel_new_take("e3-0009", NULL, "0123456789abcdef0123456789abcdef",
			      "demo", xstrdup("{\"kind\":\"text\"}")),
		      *out;
	size_t len;
	char *record;

	(void)state;
	in->consent = CONSENT_STOP;
	in->urgent = true;
	in->ticket = 1234567890123;
	record = parcel_write(in, &len);
	out = parcel_read(record, len);
	assert_non_null(out);
	assert_string_equal(out->event_id, in->event_id);
	assert_string_equal(out->blind, in->blind);
	assert_string_equal(out->actor, "");
	assert_string_equal(out->program, "demo");
	assert_string_equal(out->event, in->event);
	assert_int_equal(out->consent, CONSENT_STOP);
	assert_int_equal(out->ticket, in->ticket);
	assert_true(out->urgent);
	parcel_free(&out);
	for (size_t cut = 0; cut < len - strlen(in->event); cut++)
		assert_null(parcel_read(record, cut));
	assert_null(parcel_read("another 1\n1 0 0\na\n\nb\n\n{}", 25));
	parcel_free(&in);
	free(record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_parcel_comes_out_of_the_journal_as_it_went_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
