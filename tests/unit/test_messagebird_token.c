/* Whose webhooks are MessageBird's: tokens of the vectors, and every way to forge one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/fail.h>

#include "tests/lib/adapter.h"
#include "tests/lib/vectors.h"

#define VECTORS "tests/vectors/messagebird.json"
#define URL     "https://sms.example.org/messagebird/acct/sms"
#define STATUS  "https://sms.example.org/messagebird/acct/status"
#define BODY    "id=1&originator=12025550111&recipient=12025550100&body=hi"
#define HEADER  "MessageBird-Signature-JWT"
#define NOW     1760000000

/* --- signatures ------------------------------------------------------------------------------ */

static void every_vector_of_the_provider_holds(void **state)
{
	(void)state;
	vectors_run(VECTORS, &provider_messagebird, NULL);
	vectors_spoil(VECTORS, &provider_messagebird, "messagebird-jwt", NULL);
	vectors_tamper(VECTORS, &provider_messagebird, "messagebird-jwt",
		COVERED_URL | COVERED_QUERY | COVERED_BODY);
}

/* The deprecated signature is sound, and still proves nothing here. */
static void the_old_signature_is_not_taken(void **state)
{
	json_t *file = json_load_file(VECTORS, JSON_ALLOW_NUL, NULL);
	const json_t *vector;
	size_t i, seen = 0;

	(void)state;
	json_array_foreach(json_object_get(file, "vectors"), i, vector)
	{
		const char *scheme = json_string_value(json_object_get(vector, "scheme"));
		const char *expect = json_string_value(json_object_get(vector, "expect"));

		if (strcmp(scheme, "messagebird-legacy") != 0 || strcmp(expect, "accept") != 0)
			continue;
		assert_int_equal(vector_check(vector, &provider_messagebird), VECTOR_SKIPPED);
		seen++;
	}
	assert_true(seen >= 2);
	json_decref(file);
}

static json_t *claims_for(const char *url, const char *body)
{
	char hex[2 * DIGEST_MAX + 1];
	json_t *claims = json_pack("{s:s, s:s, s:i, s:i, s:s}", "iss", "MessageBird", "jti", "id-1",
		"nbf", NOW - 1, "exp", NOW + 59, "url_hash", adapter_sha256(url, hex));

	if (*body)
		json_object_set_new(claims, "payload_hash", json_string(adapter_sha256(body, hex)));
	return claims;
}

/* Takes over `token`; NULL = no header at all. */
static bool token_holds(const struct account *account, const char *url, const char *body,
	const char *name, char *token, struct proof *proof)
{
	struct posted *posted =
		*body ? posted_form(ABOUT_TEXT, url, body) : posted_get(ABOUT_TEXT, url);
	bool found;

	if (token)
		posted_header(posted, name, token);
	found = provider_messagebird.verify(account, &posted->webhook, proof);
	posted_free(posted);
	free(token);
	return found;
}

/* Takes over `claims`. */
static bool holds(const struct account *account, const char *url, const char *body, json_t *claims,
	struct proof *proof)
{
	char *token = adapter_token("HS256", DIGEST_SHA256, "secret", claims);

	json_decref(claims);
	return token_holds(account, url, body, HEADER, token, proof);
}

static bool holds_with(const char *name, json_t *value)
{
	struct account account = adapter_account("messagebird", "secret", NULL);
	json_t *claims = claims_for(URL, BODY);
	struct proof proof;

	if (value)
		json_object_set_new(claims, name, value);
	else
		json_object_del(claims, name);
	return holds(&account, URL, BODY, claims, &proof);
}

static void a_good_token_tells_time_and_nonce(void **state)
{
	struct account account = adapter_account("messagebird", "secret", NULL);
	struct proof proof;

	(void)state;
	assert_true(holds(&account, URL, BODY, claims_for(URL, BODY), &proof));
	assert_int_equal(proof.signed_s, NOW - 1);
	assert_string_equal(proof.nonce, "id-1");
	assert_true(holds(&account, STATUS "?id=1", "", claims_for(STATUS "?id=1", ""), &proof));
}

static void times_hold_with_five_seconds(void **state)
{
	(void)state;
	assert_true(holds_with("exp", json_integer(NOW - 4)));
	assert_false(holds_with("exp", json_integer(NOW - 5)));
	assert_false(holds_with("exp", json_integer(0)));
	assert_true(holds_with("nbf", json_integer(NOW + 5)));
	assert_false(holds_with("nbf", json_integer(NOW + 6)));
	assert_false(holds_with("nbf", json_string("1")));
	assert_false(holds_with("exp", json_true()));
}

static void every_claim_is_needed(void **state)
{
	static const char *const needed[] = {
		"iss", "jti", "nbf", "exp", "url_hash", "payload_hash"};
	char text[200] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		assert_false(holds_with(needed[i], NULL));
		assert_false(holds_with(needed[i], json_null()));
		assert_false(holds_with(needed[i], json_string("")));
	}
	assert_true(holds_with("more", json_string("anything")));
	assert_false(holds_with("iss", json_string("messagebird")));
	memset(text, 'n', 127);
	assert_true(holds_with("jti", json_string(text)));
	memset(text, 'n', 128);
	assert_false(holds_with("jti", json_string(text)));
}

static void url_and_body_are_covered_to_the_byte(void **state)
{
	static const struct {
		const char *url, *body;
	} other[] = {{"http://sms.example.org/messagebird/acct/sms", BODY},
		{"https://sms.example.org:443/messagebird/acct/sms", BODY},
		{"https://SMS.example.org/messagebird/acct/sms", BODY}, {URL "?", BODY},
		{URL "?a=1", BODY}, {URL "/", BODY}, {STATUS, BODY}, {URL, BODY "&"}, {URL, ""}};
	struct account account = adapter_account("messagebird", "secret", NULL);
	struct proof proof;

	(void)state;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_false(holds(
			&account, other[i].url, other[i].body, claims_for(URL, BODY), &proof));
	/* A body that nothing covers. */
	assert_false(holds(&account, URL, BODY, claims_for(URL, ""), &proof));
}

static void both_secrets_are_good_during_rotation(void **state)
{
	static const struct {
		const char *first, *second;
		bool good;
	} table[] = {{"secret", NULL, true}, {"new", "secret", true}, {"secret", "old", true},
		{"new", "old", false}, {"", "secret", true}, {"", NULL, false},
		{NULL, NULL, false}};
	struct proof proof;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct account account =
			adapter_account("messagebird", table[i].first, table[i].second);

		assert_int_equal(
			holds(&account, URL, BODY, claims_for(URL, BODY), &proof), table[i].good);
	}
}

static void only_three_algorithms_are_good(void **state)
{
	static const struct {
		const char *alg;
		enum digest_kind kind;
		bool good;
	} table[] = {{"HS256", DIGEST_SHA256, true}, {"HS384", DIGEST_SHA384, true},
		{"HS512", DIGEST_SHA512, true}, {"HS256", DIGEST_SHA512, false},
		{"HS512", DIGEST_SHA256, false}, {"none", DIGEST_SHA256, false},
		{"NONE", DIGEST_SHA256, false}, {"RS256", DIGEST_SHA256, false},
		{"ES256", DIGEST_SHA256, false}, {"HS1", DIGEST_SHA1, false}};
	struct account account = adapter_account("messagebird", "secret", NULL);
	struct account empty = adapter_account("messagebird", "", NULL);
	json_t *claims = claims_for(URL, BODY);
	struct proof proof;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *token = adapter_token(table[i].alg, table[i].kind, "secret", claims);
		char *bare = xstrdup(token);

		strrchr(bare, '.')[1] = '\0';
		assert_int_equal(
			token_holds(&account, URL, BODY, HEADER, token, &proof), table[i].good);
		assert_false(token_holds(&account, URL, BODY, HEADER, bare, &proof));
		assert_false(token_holds(&empty, URL, BODY, HEADER,
			adapter_token(table[i].alg, table[i].kind, "", claims), &proof));
	}
	json_decref(claims);
}

static void the_token_stands_in_its_own_header(void **state)
{
	struct account account = adapter_account("messagebird", "secret", NULL);
	json_t *claims = claims_for(URL, BODY);
	char *token = adapter_token("HS256", DIGEST_SHA256, "secret", claims);
	struct proof proof;

	(void)state;
	assert_true(token_holds(
		&account, URL, BODY, "messagebird-signature-jwt", xstrdup(token), &proof));
	assert_false(token_holds(&account, URL, BODY, NULL, NULL, &proof));
	assert_false(
		token_holds(&account, URL, BODY, "MessageBird-Signature", xstrdup(token), &proof));
	assert_false(token_holds(&account, URL, BODY, "Authorization", xstrdup(token), &proof));
	assert_false(
		token_holds(&account, URL, BODY, HEADER, xasprintf("Bearer %s", token), &proof));
	assert_false(token_holds(&account, URL, BODY, HEADER, xstrdup(""), &proof));
	free(token);
	json_decref(claims);
}

static void changed_claims_are_a_forgery(void **state)
{
	struct account account = adapter_account("messagebird", "secret", NULL);
	json_t *claims = claims_for(URL, "id=2"), *wanted = claims_for(URL, BODY);
	char *good = adapter_token("HS256", DIGEST_SHA256, "secret", claims);
	char *other = adapter_token("HS256", DIGEST_SHA256, "guess", wanted);
	struct proof proof;

	(void)state;
	assert_false(
		token_holds(&account, URL, BODY, HEADER, adapter_token_mixed(other, good), &proof));
	free(good);
	free(other);
	json_decref(claims);
	json_decref(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_of_the_provider_holds),
		cmocka_unit_test(the_old_signature_is_not_taken),
		cmocka_unit_test(a_good_token_tells_time_and_nonce),
		cmocka_unit_test(times_hold_with_five_seconds),
		cmocka_unit_test(every_claim_is_needed),
		cmocka_unit_test(url_and_body_are_covered_to_the_byte),
		cmocka_unit_test(both_secrets_are_good_during_rotation),
		cmocka_unit_test(only_three_algorithms_are_good),
		cmocka_unit_test(the_token_stands_in_its_own_header),
		cmocka_unit_test(changed_claims_are_a_forgery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
