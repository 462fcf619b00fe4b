/* Vonage's `sig` parameter: vectors, all schemes in all shapes, and every way to forge one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <ctype.h>
#include <warmline/fail.h>

#include "providers/vonage_sms.h"
#include "tests/lib/adapter.h"
#include "tests/lib/shape.h"
#include "tests/lib/vectors.h"

#define VECTORS "tests/vectors/vonage.json"
#define SCHEME  "vonage-sms-sig"
#define URL     "https://sms.example.org/vonage/acct/sms"
#define OURS    "a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=2"

/* --- signatures ------------------------------------------------------------------------------ */

static void every_vector_of_the_provider_holds(void **state)
{
	(void)state;
	vectors_run(VECTORS, &provider_vonage_sms, SCHEME);
	vectors_spoil(VECTORS, &provider_vonage_sms, SCHEME, NULL);
}

static char *sign_params(const char *scheme, const char *secret, const char *params)
{
	char hex[2 * DIGEST_MAX + 1];
	struct form form;

	assert_int_equal(form_parse(&form, params, strlen(params)), FORM_OK);
	assert_true(vonage_sms_sign(scheme, secret, &form, hex));
	form_free(&form);
	return xstrdup(hex);
}

static struct account account_of(const char *scheme, const char *first, const char *second)
{
	struct account account = adapter_account("vonage-sms", first, second);

	text_set(account.scheme, sizeof(account.scheme), "%s", scheme);
	return account;
}

/* What is posted has a query of its own, which Vonage does not sign. */
static bool verify(const struct account *account, enum shape shape, enum webhook_about about,
	const char *params, struct proof *proof)
{
	struct shaped shaped;
	bool found;

	shape_open(&shaped, shape, about, shape == BY_GET ? URL : URL "?x=1", params);
	found = provider_vonage_sms.verify(account, &shaped.posted->webhook, proof);
	shape_close(&shaped);
	return found;
}

/* Signed by md5hash with "secret", and sent with `more` behind. */
static bool holds(enum webhook_about about, const char *params, const char *more)
{
	struct account account = account_of("md5hash", "secret", NULL);
	char *sig = sign_params("md5hash", "secret", params);
	char *all = xasprintf("%s&sig=%s%s", params, sig, more);
	struct proof proof;
	bool found = verify(&account, BY_GET, about, all, &proof);

	free(sig);
	free(all);
	return found;
}

#define PARAMS                                                                                     \
	"msisdn=12025550111&to=12025550100&messageId=AB01&text=a%26b%3Dc+%00+%C3%A9&type=text"     \
	"&keyword=A&message-timestamp=2026-02-16+09%3A36%3A07&timestamp=1759999998&nonce=n-1"

static void every_scheme_signs_every_shape(void **state)
{
	struct proof proof;

	(void)state;
	for (size_t i = 0; vonage_sms_schemes[i]; i++) {
		char *sig = sign_params(vonage_sms_schemes[i], "secret", PARAMS);
		char *all = xasprintf("sig=%s&%s", sig, PARAMS);

		for (int shape = BY_GET; shape <= BY_JSON; shape++) {
			for (size_t j = 0; vonage_sms_schemes[j]; j++) {
				struct account account =
					account_of(vonage_sms_schemes[j], "secret", NULL);

				assert_int_equal(verify(&account, (enum shape)shape, ABOUT_TEXT,
							 all, &proof),
					i == j);
			}
		}
		free(sig);
		free(all);
	}
}

static void the_usual_scheme_needs_no_name(void **state)
{
	struct account usual = account_of("", "secret", NULL);
	struct account wrong = account_of("md5", "secret", NULL);
	char *sig = sign_params("md5hash", "secret", PARAMS);
	char *all = xasprintf("%s&sig=%s", PARAMS, sig);
	struct proof proof;
	char hex[2 * DIGEST_MAX + 1];
	struct form none = {NULL, 0, NULL};

	(void)state;
	assert_true(verify(&usual, BY_GET, ABOUT_TEXT, all, &proof));
	assert_false(verify(&wrong, BY_GET, ABOUT_TEXT, all, &proof));
	assert_false(vonage_sms_sign("sha384hmac", "secret", &none, hex));
	assert_string_equal(provider_vonage_sms.schemes[0], "md5hash");
	free(sig);
	free(all);
}

static void a_good_signature_tells_time_and_nonce(void **state)
{
	static const struct {
		const char *params, *nonce;
		int64_t seconds;
		bool good;
	} table[] = {
		{PARAMS, "n-1", 1759999998, true},
		{"text=x", "", 0, true},
		{"text=x&timestamp=1", "", 1, true},
		{"text=x&timestamp=2026-02-16+09%3A36%3A07", "", 0, true},
		{"text=x&timestamp=-1", "", 0, true},
		{"text=x&timestamp=9999999999999999999", "", 0, true},
		{"text=x&timestamp=1&timestamp=2", "", 0, false},
		{"text=x&nonce=a&nonce=b", "", 0, false},
		{"text=x&nonce=a%00b", "", 0, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct account account = account_of("md5hash", "secret", NULL);
		char *sig = sign_params("md5hash", "secret", table[i].params);
		char *all = xasprintf("%s&sig=%s", table[i].params, sig);
		struct proof proof;

		assert_int_equal(verify(&account, BY_GET, ABOUT_TEXT, all, &proof), table[i].good);
		if (table[i].good) {
			assert_string_equal(proof.nonce, table[i].nonce);
			assert_int_equal(proof.signed_s, table[i].seconds);
		}
		free(sig);
		free(all);
	}
}

static void hex_is_good_in_either_case(void **state)
{
	struct account account = account_of("sha256hmac", "secret", NULL);
	char *sig = sign_params("sha256hmac", "secret", PARAMS), *all;
	struct proof proof;

	(void)state;
	for (size_t i = 0; sig[i]; i++)
		sig[i] = (char)(i % 3 ? sig[i] : toupper((unsigned char)sig[i]));
	all = xasprintf("sig=%s&%s", sig, PARAMS);
	assert_true(verify(&account, BY_FORM, ABOUT_TEXT, all, &proof));
	free(sig);
	free(all);
}

static void a_signature_that_is_none_is_refused(void **state)
{
	struct account account = account_of("md5hash", "secret", NULL);
	char *sig = sign_params("md5hash", "secret", PARAMS);
	char *table[] = {xstrdup(""), xstrdup("&sig="), xasprintf("&sig=%s&sig=%s", sig, sig),
		xasprintf("&sig=%.31s", sig), xasprintf("&sig=%s0", sig),
		xasprintf("&sig=%s%%00", sig), xasprintf("&sig=+%s", sig),
		xasprintf("&Sig=%s", sig), xasprintf("&sig=%s%0200d", sig, 0)};
	struct proof proof;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *all = xasprintf("%s%s", PARAMS, table[i]);

		assert_false(verify(&account, BY_GET, ABOUT_TEXT, all, &proof));
		assert_false(verify(&account, BY_FORM, ABOUT_TEXT, all, &proof));
		free(all);
		free(table[i]);
	}
	free(sig);
}

/* With one parameter changed in each possible way, the signature is no longer good. */
static void every_parameter_is_signed(void **state)
{
	struct account account = account_of("md5hmac", "secret", NULL);
	char *sig = sign_params("md5hmac", "secret", PARAMS);
	const char *rest = PARAMS;
	struct proof proof;

	(void)state;
	for (const char *at = rest; at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
		size_t before = (size_t)(at - rest), len = strcspn(at, "&");
		int head = (int)before, name = (int)strcspn(at, "="), all = (int)len;
		char *table[] = {
			xasprintf("%.*sx%s", head, rest, at),                     /* another name */
			xasprintf("%.*s%.*sx%s", head, rest, all, at, at + len),  /* value */
			xasprintf("%.*s%.*s=%s", head, rest, name, at, at + len), /* no value */
			xasprintf("%.*sx=%s", head, rest, at + len),              /* gone */
			xasprintf("%.*s%.*s&%s", head, rest, all, at, at),        /* twice */
		};

		for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
			char *params = xasprintf("%s&sig=%s", table[i], sig);

			if (verify(&account, BY_FORM, ABOUT_TEXT, params, &proof))
				fail_msg("%s", params);
			free(params);
			free(table[i]);
		}
	}
	free(sig);
}

static void more_than_was_signed_is_refused(void **state)
{
	(void)state;
	assert_true(holds(ABOUT_TEXT, PARAMS, ""));
	assert_false(holds(ABOUT_TEXT, PARAMS, "&x=1"));
	assert_false(holds(ABOUT_TEXT, PARAMS, "&text=other"));
	assert_false(holds(ABOUT_TEXT, PARAMS, "&=1"));
	assert_false(holds(ABOUT_TEXT, PARAMS, "&x"));
}

/* "&nonce=1&text=hi" can be two parameters, or one of the name "nonce=1&text". */
static void a_name_cannot_swallow_its_neighbor(void **state)
{
	struct account account = account_of("md5hash", "secret", NULL);
	char *sig = sign_params("md5hash", "secret", "msisdn=1&nonce=1&text=hi");
	char *good = xasprintf("msisdn=1&nonce=1&text=hi&sig=%s", sig);
	char *forged = xasprintf("msisdn=1&nonce%%3D1%%26text=hi&sig=%s", sig);
	struct proof proof;

	(void)state;
	for (int shape = BY_GET; shape <= BY_JSON; shape++) {
		assert_true(verify(&account, (enum shape)shape, ABOUT_TEXT, good, &proof));
		assert_false(verify(&account, (enum shape)shape, ABOUT_TEXT, forged, &proof));
	}
	free(sig);
	free(good);
	free(forged);
}

/* Frees `posted`. */
static bool posted_verifies(struct posted *posted)
{
	struct account account = account_of("md5hash", "secret", NULL);
	struct proof proof;
	bool found = provider_vonage_sms.verify(&account, &posted->webhook, &proof);

	posted_free(posted);
	return found;
}

static void a_query_signs_nothing_that_is_posted(void **state)
{
	char *sig = sign_params("md5hash", "secret", "text=ok");
	char *url = xasprintf(URL "?text=ok&sig=%s", sig);
	char *body = xasprintf("{\"text\":\"ok\",\"sig\":\"%s\"}", sig);
	struct posted *get = posted_get(ABOUT_TEXT, URL);

	(void)state;
	assert_true(posted_verifies(posted_get(ABOUT_TEXT, url)));
	assert_false(posted_verifies(posted_form(ABOUT_TEXT, url, "text=other")));
	assert_false(posted_verifies(posted_json(ABOUT_TEXT, url, "")));
	assert_true(posted_verifies(posted_json(ABOUT_TEXT, URL, body)));
	get->webhook.query = NULL;
	get->webhook.body = body;
	get->webhook.body_len = strlen(body);
	assert_false(posted_verifies(get));
	free(sig);
	free(url);
	free(body);
}

static void both_secrets_are_good_during_rotation(void **state)
{
	static const struct {
		const char *first, *second;
		bool good;
	} table[] = {{"secret", NULL, true}, {"new", "secret", true}, {"secret", "old", true},
		{"new", "old", false}, {"", "secret", true}, {"", NULL, false},
		{NULL, NULL, false}};
	char *sig = sign_params("sha512hmac", "secret", PARAMS);
	char *all = xasprintf("%s&sig=%s", PARAMS, sig);
	struct proof proof;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct account account = account_of("sha512hmac", table[i].first, table[i].second);

		assert_int_equal(verify(&account, BY_JSON, ABOUT_TEXT, all, &proof), table[i].good);
	}
	free(sig);
	free(all);
}

static void an_empty_secret_signs_nothing(void **state)
{
	struct account account = account_of("md5hash", "", NULL);
	char *sig = sign_params("md5hash", "", PARAMS);
	char *all = xasprintf("%s&sig=%s", PARAMS, sig);
	struct proof proof;

	(void)state;
	assert_false(verify(&account, BY_GET, ABOUT_TEXT, all, &proof));
	free(sig);
	free(all);
}

#define RECEIPT "messageId=AB02&msisdn=12025550111&to=12025550100&status=delivered&err-code=0"

/* It is not documented whether the query of a callback URL is signed: both are good, for receipts.
 */
static void our_own_query_may_be_signed_or_not(void **state)
{
	(void)state;
	assert_true(holds(ABOUT_RECEIPT, RECEIPT "&" OURS, ""));
	assert_true(holds(ABOUT_RECEIPT, RECEIPT, "&" OURS));
	assert_false(holds(ABOUT_TEXT, RECEIPT, "&" OURS));
	assert_false(holds(ABOUT_RECEIPT, RECEIPT, "&a=1&j=2"));
	assert_false(holds(ABOUT_RECEIPT, RECEIPT, "&" OURS "&n=3"));
	assert_false(holds(ABOUT_RECEIPT, RECEIPT, "&" OURS "&x=3"));
	assert_false(holds(ABOUT_RECEIPT, RECEIPT "&" OURS, "&a=1"));
}

static bool json_holds(const char *body, const char *as_form)
{
	char *sig = sign_params("md5hash", "secret", as_form);
	char *whole = xasprintf("%s,\"sig\":\"%s\"}", body, sig);
	bool found = posted_verifies(posted_json(ABOUT_TEXT, URL, whole));

	free(sig);
	free(whole);
	return found;
}

static void members_of_json_are_signed_as_they_read(void **state)
{
	(void)state;
	assert_true(json_holds("{\"a\":\"x\",\"n\":12,\"concat\":true,\"z\":false,\"e\":\"\"",
		"a=x&n=12&concat=true&z=false&e="));
	assert_true(json_holds("{\"n\":-9223372036854775808", "n=-9223372036854775808"));
	assert_true(json_holds("{\"t\":\"a\\u0000b\"", "t=a%00b"));
	assert_false(json_holds("{\"t\":\"a\\u0000b\"", "t=a"));
	assert_false(json_holds("{\"t\":null", "t="));
	assert_false(json_holds("{\"t\":1.5", "t=1.5"));
	assert_false(json_holds("{\"t\":{}", "t="));
	assert_false(json_holds("{\"t\":[\"a\"]", "t=a"));
	assert_false(json_holds("{\"t\":\"a\",\"t\":\"b\"", "t=b"));
	assert_false(json_holds("[{\"t\":\"a\"", "t=a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_of_the_provider_holds),
		cmocka_unit_test(every_scheme_signs_every_shape),
		cmocka_unit_test(the_usual_scheme_needs_no_name),
		cmocka_unit_test(a_good_signature_tells_time_and_nonce),
		cmocka_unit_test(hex_is_good_in_either_case),
		cmocka_unit_test(a_signature_that_is_none_is_refused),
		cmocka_unit_test(every_parameter_is_signed),
		cmocka_unit_test(more_than_was_signed_is_refused),
		cmocka_unit_test(a_name_cannot_swallow_its_neighbor),
		cmocka_unit_test(a_query_signs_nothing_that_is_posted),
		cmocka_unit_test(both_secrets_are_good_during_rotation),
		cmocka_unit_test(an_empty_secret_signs_nothing),
		cmocka_unit_test(our_own_query_may_be_signed_or_not),
		cmocka_unit_test(members_of_json_are_signed_as_they_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
