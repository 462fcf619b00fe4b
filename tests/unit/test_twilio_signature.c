/* Twilio's signature: its own library's vectors, rotation, and what a signature does not cover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/posted.h"
#include "tests/lib/vectors.h"

#include <cmocka.h>
#include <warmline/fail.h>

#define VECTORS "tests/vectors/twilio.json"
#define TOKEN   "614a59f732de20d40c32fa4ec06b665a"
#define URL     "https://sms.example.org/twilio/sms"

static struct account account_with(const char *first, const char *second)
{
	struct account account = {.kind = "twilio", .nsecrets = second ? 2 : 1};

	snprintf(account.secrets[0], SECRET_SIZE, "%s", first);
	snprintf(account.secrets[1], SECRET_SIZE, "%s", second ? second : "");
	return account;
}

/* Is a form good when `signer` signed these parameters of it? */
static bool holds(const struct account *account, const char *signer, const char *body,
	const char *signed_body)
{
	struct posted *posted = posted_form(ABOUT_TEXT, URL, body);
	char signature[29];
	struct form form;

	assert_int_equal(form_parse(&form, signed_body, strlen(signed_body)), FORM_OK);
	twilio_sign(signer, URL, &form, signature);
	form_free(&form);
	return posted_holds(posted, &provider_twilio, account, "X-Twilio-Signature", signature);
}

static void every_vector_of_the_provider_holds(void **state)
{
	(void)state;
	vectors_run(VECTORS, &provider_twilio, NULL);
	vectors_spoil(VECTORS, &provider_twilio, NULL, "X-Twilio-Signature");
}

static void both_tokens_are_good_during_rotation(void **state)
{
	static const char body[] = "Body=hello&From=%2B12025550111&Zero=a%00b";
	struct account both = account_with("new", "old"), one = account_with("new", NULL);

	(void)state;
	assert_true(holds(&both, "old", body, body));
	assert_true(holds(&both, "new", body, body));
	assert_false(holds(&one, "old", body, body));
	assert_false(holds(&both, "older", body, body));
}

static void an_account_without_token_accepts_nothing(void **state)
{
	struct account account = account_with("", NULL);

	(void)state;
	assert_false(holds(&account, "", "Body=hello", "Body=hello"));
	account.nsecrets = 0;
	assert_false(holds(&account, "", "Body=hello", "Body=hello"));
}

static void a_signature_over_the_bare_url_covers_no_parameters(void **state)
{
	struct account account = account_with(TOKEN, NULL);
	struct posted *posted = posted_json(ABOUT_TEXT, URL, "Body=hello");
	char signature[29];

	(void)state;
	assert_false(holds(&account, TOKEN, "Body=hello", ""));
	/* A body that is no form, without a hash of it. */
	twilio_sign(TOKEN, URL, NULL, signature);
	assert_false(
		posted_holds(posted, &provider_twilio, &account, "X-Twilio-Signature", signature));
}

static void what_stands_behind_a_nul_is_signed(void **state)
{
	struct account account = account_with(TOKEN, NULL);

	(void)state;
	assert_true(holds(&account, TOKEN, "Body=a%00b", "Body=a%00b"));
	assert_false(holds(&account, TOKEN, "Body=a%00b", "Body=a%00c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_of_the_provider_holds),
		cmocka_unit_test(both_tokens_are_good_during_rotation),
		cmocka_unit_test(an_account_without_token_accepts_nothing),
		cmocka_unit_test(a_signature_over_the_bare_url_covers_no_parameters),
		cmocka_unit_test(what_stands_behind_a_nul_is_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
