/* Whose requests Plivo's adapter takes. */
#include "providers/digest.h"
#include "tests/lib/posted.h"
#include "tests/lib/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/fail.h>

#define VECTORS  "tests/vectors/plivo.json"
#define TOKEN    "OTliNzVmNjYtMDAwMC00MDAw"
#define AUTH     "MAMZQXNDAZZTVIOTUXMT"
#define URL      "https://sms.example.org/w/main/sms"
#define NONCE    "19522821062217382255"
#define V3       "X-Plivo-Signature-V3"
#define V3_MAIN  "X-Plivo-Signature-Ma-V3"
#define V3_NONCE "X-Plivo-Signature-V3-Nonce"
#define V2       "X-Plivo-Signature-V2"
#define V2_MAIN  "X-Plivo-Signature-Ma-V2"
#define V2_NONCE "X-Plivo-Signature-V2-Nonce"

static const struct account account = {.kind = "plivo",
	.name = "main",
	.api_url = "https://api.example.org",
	.id = AUTH,
	.api_secret = TOKEN,
	.secrets = {TOKEN},
	.nsecrets = 1};
static const struct provider *const provider = &provider_plivo;

static void every_vector_holds(void **state)
{
	(void)state;
	vectors_run(VECTORS, provider, NULL);
	vectors_run(VECTORS, provider, "plivo-v2");
}

static void a_spoiled_vector_is_refused(void **state)
{
	(void)state;
	vectors_spoil(VECTORS, provider, NULL, NULL);
	vectors_tamper(VECTORS, provider, "plivo-v3", COVERED_URL | COVERED_QUERY | COVERED_BODY);
	vectors_tamper(VECTORS, provider, "plivo-v2", COVERED_URL);
}

/* The caller frees. */
static char *sign_with(const char *token, const char *text)
{
	const struct piece piece = {text, strlen(text)};
	struct digest mac = digest_hmac(DIGEST_SHA256, token, strlen(token), &piece, 1);

	return base64_write(mac.bytes, mac.len);
}

static char *sign(const char *text)
{
	return sign_with(TOKEN, text);
}

/* Frees `posted`. */
static bool holds(struct posted *posted, const char *scheme, const char *header,
	const char *nonce_header, const char *nonce, const char *text)
{
	struct account with = account;
	char *signature = sign(text);
	bool found;

	text_set(with.scheme, sizeof(with.scheme), "%s", scheme);
	posted_header(posted, nonce_header, nonce);
	found = posted_holds(posted, provider, &with, header, signature);
	free(signature);
	return found;
}

static bool holds_v3(struct posted *posted, const char *text)
{
	return holds(posted, "v3", V3, V3_NONCE, NONCE, text);
}

static void what_is_signed_is_what_the_method_says(void **state)
{
	struct posted *odd = posted_form(ABOUT_TEXT, URL, "b=2&a=1");
	struct posted *full = posted_get(ABOUT_TEXT, URL "?b=2&a=1");

	(void)state;
	assert_true(holds_v3(posted_form(ABOUT_TEXT, URL, "b=2&a=1"), URL "?a1b2." NONCE));
	assert_true(
		holds_v3(posted_form(ABOUT_TEXT, URL "?d=4&c=3", "b=2"), URL "?c=3&d=4.b2." NONCE));
	assert_true(holds_v3(posted_get(ABOUT_TEXT, URL "?b=2&a=1"), URL "?a=1&b=2." NONCE));
	assert_true(holds_v3(posted_get(ABOUT_TEXT, URL), URL "." NONCE));
	odd->webhook.method = "PUT";
	assert_false(holds_v3(odd, URL "?a1b2." NONCE));
	full->webhook.body = "b=3";
	full->webhook.body_len = 3;
	assert_false(holds_v3(full, URL "?a=1&b=2." NONCE));
	assert_false(holds_v3(posted_json(ABOUT_TEXT, URL, "{}"), URL "." NONCE));
	assert_false(holds_v3(posted_json(ABOUT_TEXT, URL, "{}"), URL "?{}." NONCE));
}

static void the_url_is_signed_as_it_is_configured(void **state)
{
	(void)state;
	assert_true(holds_v3(
		posted_get(ABOUT_TEXT, "https://u:p@h.example/x"), "https://h.example/x." NONCE));
	assert_true(holds_v3(posted_get(ABOUT_TEXT, "https://h.example:443/x"),
		"https://h.example:443/x." NONCE));
	assert_false(holds_v3(
		posted_get(ABOUT_TEXT, "https://h.example:443/x"), "https://h.example/x." NONCE));
	assert_false(holds_v3(
		posted_get(ABOUT_TEXT, "https://h.example/x"), "https://h.example:443/x." NONCE));
	assert_false(holds_v3(
		posted_get(ABOUT_TEXT, "https://h.example/x"), "https://h.example/x/." NONCE));
	assert_false(holds_v3(posted_get(ABOUT_TEXT, "no url"), "no url." NONCE));
}

static void v2_is_enough_unless_the_account_demands_v3(void **state)
{
	static const struct {
		const char *scheme;
		bool holds;
	} table[] = {{"", true}, {"any", true}, {"v3", false}};

	(void)state;
	assert_string_equal(provider->schemes[0], "any");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(holds(posted_form(ABOUT_TEXT, URL "?x=1", "Text=hello"),
					 table[i].scheme, V2, V2_NONCE, NONCE, URL NONCE),
			table[i].holds);
		assert_true(holds(posted_form(ABOUT_TEXT, URL, "a=1"), table[i].scheme, V3,
			V3_NONCE, NONCE, URL "?a1." NONCE));
	}
}

static void a_wrong_v3_is_not_saved_by_a_right_v2(void **state)
{
	struct posted *posted = posted_form(ABOUT_TEXT, URL, "Text=hello");
	struct posted *nameless = posted_form(ABOUT_TEXT, URL, "Text=hello");
	char *wrong = sign(URL "?Textother." NONCE);

	(void)state;
	posted_header(posted, V3, wrong);
	posted_header(posted, V3_NONCE, NONCE);
	assert_false(holds(posted, "any", V2, V2_NONCE, NONCE, URL NONCE));
	posted_header(nameless, V3_MAIN, wrong);
	assert_false(holds(nameless, "any", V2, V2_NONCE, NONCE, URL NONCE));
	free(wrong);
}

static void the_main_account_may_sign(void **state)
{
	struct posted *both = posted_form(ABOUT_TEXT, URL, "a=1");

	(void)state;
	assert_true(holds(posted_form(ABOUT_TEXT, URL, "a=1"), "v3", V3_MAIN, V3_NONCE, NONCE,
		URL "?a1." NONCE));
	assert_true(holds(
		posted_form(ABOUT_TEXT, URL, "a=1"), "any", V2_MAIN, V2_NONCE, NONCE, URL NONCE));
	posted_header(both, V3, "of the subaccount's token");
	assert_true(holds(both, "v3", V3_MAIN, V3_NONCE, NONCE, URL "?a1." NONCE));
}

static void one_of_several_signatures_is_enough(void **state)
{
	static const struct {
		const char *format;
		bool holds;
	} table[] = {{"%s", true}, {"old,%s", true}, {"%s,old", true}, {",,%s,", true},
		{"old, %s", false}, {"%s ", false}, {"%s=", false}, {"old", false}, {"", false},
		{",", false}};
	char *good = sign(URL "?a1." NONCE);

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct posted *posted = posted_form(ABOUT_TEXT, URL, "a=1");
		const char *at = strstr(table[i].format, "%s");
		char *value = at ? xasprintf("%.*s%s%s", (int)(at - table[i].format),
					   table[i].format, good, at + 2)
				 : xstrdup(table[i].format);

		posted_header(posted, V3_NONCE, NONCE);
		assert_int_equal(
			posted_holds(posted, provider, &account, V3, value), table[i].holds);
		free(value);
	}
	free(good);
}

/* The same key signs both: what V3 adds to the URL must not pass for a nonce of V2. */
static void no_part_of_a_signed_string_passes_for_a_nonce(void **state)
{
	static const char *const nonces[] = {
		"." NONCE, "?Textgood." NONCE, "", "1.2", "1?2", "1 2", "\xc3\xa9"};

	(void)state;
	for (size_t i = 0; i < sizeof(nonces) / sizeof(nonces[0]); i++) {
		char *text = xasprintf("%s%s", URL, nonces[i]);
		char *dotted = xasprintf("%s?Textevil.%s", URL, nonces[i]);

		assert_false(holds(posted_form(ABOUT_TEXT, URL, "Text=evil"), "any", V2, V2_NONCE,
			nonces[i], text));
		assert_false(holds(posted_form(ABOUT_TEXT, URL, "Text=evil"), "any", V3, V3_NONCE,
			nonces[i], dotted));
		free(dotted);
		free(text);
	}
}

static void the_nonce_is_told(void **state)
{
	char longest[129], *signature;
	struct proof proof;

	(void)state;
	memset(longest, '7', sizeof(longest));
	for (size_t len = 127; len <= 128; len++) {
		struct posted *posted = posted_form(ABOUT_TEXT, URL, "a=1");
		char *nonce = xasprintf("%.*s", (int)len, longest);
		char *text = xasprintf("%s?a1.%s", URL, nonce);

		signature = sign(text);
		posted_header(posted, V3_NONCE, nonce);
		posted_header(posted, V3, signature);
		assert_int_equal(provider->verify(&account, &posted->webhook, &proof), len == 127);
		if (len == 127)
			assert_string_equal(proof.nonce, nonce);
		assert_int_equal(proof.signed_s, 0);
		posted_free(posted);
		free(signature);
		free(text);
		free(nonce);
	}
}

static void an_account_without_token_takes_nothing(void **state)
{
	struct account empty = account;
	char *signature = sign_with("", URL "?a1." NONCE);

	(void)state;
	empty.secrets[0][0] = '\0';
	for (empty.nsecrets = 0; empty.nsecrets <= SECRETS_MOST; empty.nsecrets++) {
		struct posted *posted = posted_form(ABOUT_TEXT, URL, "a=1");

		posted_header(posted, V3_NONCE, NONCE);
		assert_false(posted_holds(posted, provider, &empty, V3, signature));
	}
	free(signature);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_holds),
		cmocka_unit_test(a_spoiled_vector_is_refused),
		cmocka_unit_test(what_is_signed_is_what_the_method_says),
		cmocka_unit_test(the_url_is_signed_as_it_is_configured),
		cmocka_unit_test(v2_is_enough_unless_the_account_demands_v3),
		cmocka_unit_test(a_wrong_v3_is_not_saved_by_a_right_v2),
		cmocka_unit_test(the_main_account_may_sign),
		cmocka_unit_test(one_of_several_signatures_is_enough),
		cmocka_unit_test(no_part_of_a_signed_string_passes_for_a_nonce),
		cmocka_unit_test(the_nonce_is_told),
		cmocka_unit_test(an_account_without_token_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
