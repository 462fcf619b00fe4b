/* Whose webhooks are Vonage's (Messages API): tokens of the vectors, and every way to forge one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/fail.h>

#include "providers/jwt.h"
#include "tests/lib/adapter.h"
#include "tests/lib/vectors.h"

#define VECTORS "tests/vectors/vonage.json"
#define SCHEME  "vonage-jwt"
#define URL     "https://sms.example.org/vonage/acct/sms"
#define BODY    "{\"channel\":\"sms\",\"message_uuid\":\"m-1\"}"
#define NOW     1760000000

/* --- signatures ------------------------------------------------------------------------------ */

/* The tokens of the vectors are of this API key. */
static bool verify_vector(
	const struct account *account, const struct webhook *webhook, struct proof *proof)
{
	struct account theirs = *account;

	text_set(theirs.id, sizeof(theirs.id), "a1b2c3d4");
	return provider_vonage.verify(&theirs, webhook, proof);
}

static void every_vector_of_the_provider_holds(void **state)
{
	struct provider provider = provider_vonage;

	(void)state;
	provider.verify = verify_vector;
	vectors_run(VECTORS, &provider, SCHEME);
	vectors_spoil(VECTORS, &provider, SCHEME, NULL);
	vectors_tamper(VECTORS, &provider, SCHEME, COVERED_BODY);
}

static json_t *claims_for(const char *body)
{
	char hex[2 * DIGEST_MAX + 1];

	return json_pack("{s:s, s:s, s:s, s:i, s:s}", "iss", "Vonage", "api_key", "acct", "jti",
		"id-1", "iat", NOW - 2, "payload_hash", adapter_sha256(body, hex));
}

/* Takes over `claims`. */
static bool holds(const struct account *account, const char *method, const char *body,
	json_t *claims, struct proof *proof)
{
	char *token = adapter_token("HS256", DIGEST_SHA256, "secret", claims);
	char *header = xasprintf("Bearer %s", token);
	struct posted *posted = posted_json(ABOUT_TEXT, URL, body);
	bool found;

	posted->webhook.method = method;
	posted_header(posted, "Authorization", header);
	found = provider_vonage.verify(account, &posted->webhook, proof);
	posted_free(posted);
	free(header);
	free(token);
	json_decref(claims);
	return found;
}

static bool holds_with(const char *name, json_t *value)
{
	struct account account = adapter_account("vonage", "secret", NULL);
	json_t *claims = claims_for(BODY);
	struct proof proof;

	if (value)
		json_object_set_new(claims, name, value);
	else
		json_object_del(claims, name);
	return holds(&account, "POST", BODY, claims, &proof);
}

static void a_good_token_tells_time_and_nonce(void **state)
{
	struct account account = adapter_account("vonage", "secret", NULL);
	struct proof proof;

	(void)state;
	assert_true(holds(&account, "POST", BODY, claims_for(BODY), &proof));
	assert_int_equal(proof.signed_s, NOW - 2);
	assert_string_equal(proof.nonce, "id-1");
}

static void freshness_is_not_for_the_adapter(void **state)
{
	(void)state;
	assert_true(holds_with("iat", json_integer(NOW - 86400)));
	assert_true(holds_with("iat", json_integer(NOW + 86400)));
	assert_true(holds_with("iat", NULL));
}

static void who_signed_and_for_whom_must_be_right(void **state)
{
	struct account nameless = adapter_account("vonage", "secret", NULL);
	json_t *claims = claims_for(BODY);
	struct proof proof;

	(void)state;
	assert_false(holds_with("iss", json_string("Example")));
	assert_false(holds_with("iss", json_string("vonage")));
	assert_false(holds_with("iss", json_stringn("Vonage\0x", 8)));
	assert_false(holds_with("iss", NULL));
	assert_false(holds_with("api_key", json_string("other")));
	assert_false(holds_with("api_key", NULL));
	nameless.id[0] = '\0';
	json_object_set_new(claims, "api_key", json_string("other"));
	assert_true(holds(&nameless, "POST", BODY, claims, &proof));
}

static void times_hold_to_the_second(void **state)
{
	(void)state;
	assert_true(holds_with("exp", json_integer(NOW + 1)));
	assert_false(holds_with("exp", json_integer(NOW)));
	assert_false(holds_with("exp", json_integer(NOW - 1)));
	assert_false(holds_with("exp", json_string("9999999999")));
	assert_true(holds_with("nbf", json_integer(NOW)));
	assert_false(holds_with("nbf", json_integer(NOW + 1)));
	assert_false(holds_with("nbf", json_null()));
	assert_true(holds_with("exp", json_real(NOW + 0.5)));
}

static void the_body_must_be_covered(void **state)
{
	struct account account = adapter_account("vonage", "secret", NULL);
	struct proof proof;

	(void)state;
	assert_false(holds_with("payload_hash", NULL));
	assert_false(holds_with("payload_hash", json_string("")));
	assert_false(holds_with("payload_hash", json_integer(1)));
	assert_false(holds(&account, "POST", BODY " ", claims_for(BODY), &proof));
	assert_false(holds(&account, "POST", "", claims_for(BODY), &proof));
}

static void a_get_without_body_needs_no_hash_but_a_good_one(void **state)
{
	struct account account = adapter_account("vonage", "secret", NULL);
	json_t *bare = claims_for("");
	struct proof proof;

	(void)state;
	json_object_del(bare, "payload_hash");
	assert_true(holds(&account, "GET", "", bare, &proof));
	assert_true(holds(&account, "GET", "", claims_for(""), &proof));
	assert_false(holds(&account, "GET", "", claims_for("x"), &proof));
}

static void an_absurd_nonce_is_refused(void **state)
{
	char text[200] = "";

	(void)state;
	memset(text, 'n', 127);
	assert_true(holds_with("jti", json_string(text)));
	memset(text, 'n', 128);
	assert_false(holds_with("jti", json_string(text)));
}

static void both_secrets_are_good_during_rotation(void **state)
{
	static const struct {
		const char *first, *second;
		bool good;
	} table[] = {{"secret", NULL, true}, {"new", "secret", true}, {"secret", "old", true},
		{"new", "old", false}, {"new", NULL, false}, {"", NULL, false},
		{"", "secret", true}, {NULL, NULL, false}};
	struct proof proof;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct account account = adapter_account("vonage", table[i].first, table[i].second);

		assert_int_equal(
			holds(&account, "POST", BODY, claims_for(BODY), &proof), table[i].good);
	}
}

/* Takes over `value`; NULL = no header at all. */
static bool header_holds(const struct account *account, const char *name, char *value)
{
	struct posted *posted = posted_json(ABOUT_TEXT, URL, BODY);
	struct proof proof;
	bool found;

	if (value)
		posted_header(posted, name, value);
	found = provider_vonage.verify(account, &posted->webhook, &proof);
	posted_free(posted);
	free(value);
	return found;
}

static void an_empty_secret_signs_nothing(void **state)
{
	struct account account = adapter_account("vonage", "", NULL);
	json_t *claims = claims_for(BODY);
	char *token = adapter_token("HS256", DIGEST_SHA256, "", claims);

	(void)state;
	assert_false(header_holds(&account, "Authorization", xasprintf("Bearer %s", token)));
	free(token);
	json_decref(claims);
}

static void only_a_bearer_token_proves_anything(void **state)
{
	struct account account = adapter_account("vonage", "secret", NULL);
	json_t *claims = claims_for(BODY);
	char *token = adapter_token("HS256", DIGEST_SHA256, "secret", claims);

	(void)state;
	assert_true(header_holds(&account, "authorization", xasprintf("bearer %s", token)));
	assert_false(header_holds(&account, NULL, NULL));
	assert_false(header_holds(&account, "X-Authorization", xasprintf("Bearer %s", token)));
	assert_false(header_holds(&account, "Authorization", xstrdup(token)));
	assert_false(header_holds(&account, "Authorization", xasprintf("Basic %s", token)));
	assert_false(header_holds(&account, "Authorization", xasprintf("Bearer  %s", token)));
	assert_false(header_holds(&account, "Authorization", xasprintf("Bearer %s.", token)));
	assert_false(header_holds(&account, "Authorization", xasprintf("Bearer %s=", token)));
	assert_false(header_holds(&account, "Authorization", xasprintf("Bearer %s\n", token)));
	assert_false(header_holds(&account, "Authorization", xstrdup("Bearer ")));
	assert_false(header_holds(&account, "Authorization", xstrdup("Bearer ..")));
	free(token);
	json_decref(claims);
}

static void other_algorithms_are_forgeries(void **state)
{
	struct account account = adapter_account("vonage", "secret", NULL);
	json_t *claims = claims_for(BODY);
	char *pem = adapter_key();
	char *rs = jwt_sign(pem, claims);
	static const struct {
		const char *alg;
		enum digest_kind kind;
	} table[] = {{"none", DIGEST_SHA256}, {"None", DIGEST_SHA256}, {"", DIGEST_SHA256},
		{"RS256", DIGEST_SHA256}, {"hs256", DIGEST_SHA256}, {"HS384", DIGEST_SHA384},
		{"HS512", DIGEST_SHA512}, {"HS256", DIGEST_SHA512}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *token = adapter_token(table[i].alg, table[i].kind, "secret", claims);
		char *unsigned_token = xstrdup(token);

		strrchr(unsigned_token, '.')[1] = '\0';
		assert_false(
			header_holds(&account, "Authorization", xasprintf("Bearer %s", token)));
		assert_false(header_holds(
			&account, "Authorization", xasprintf("Bearer %s", unsigned_token)));
		free(token);
		free(unsigned_token);
	}
	assert_non_null(rs);
	assert_false(header_holds(&account, "Authorization", xasprintf("Bearer %s", rs)));
	free(rs);
	free(pem);
	json_decref(claims);
}

/* Claims of one token under the signature of another. */
static void changed_claims_are_a_forgery(void **state)
{
	struct account account = adapter_account("vonage", "secret", NULL);
	json_t *claims = claims_for("{}"), *wanted = claims_for(BODY);
	char *good = adapter_token("HS256", DIGEST_SHA256, "secret", claims);
	char *other = adapter_token("HS256", DIGEST_SHA256, "guess", wanted);
	char *mixed = adapter_token_mixed(other, good);

	(void)state;
	assert_false(header_holds(&account, "Authorization", xasprintf("Bearer %s", mixed)));
	free(mixed);
	free(good);
	free(other);
	json_decref(claims);
	json_decref(wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_of_the_provider_holds),
		cmocka_unit_test(a_good_token_tells_time_and_nonce),
		cmocka_unit_test(freshness_is_not_for_the_adapter),
		cmocka_unit_test(who_signed_and_for_whom_must_be_right),
		cmocka_unit_test(times_hold_to_the_second),
		cmocka_unit_test(the_body_must_be_covered),
		cmocka_unit_test(a_get_without_body_needs_no_hash_but_a_good_one),
		cmocka_unit_test(an_absurd_nonce_is_refused),
		cmocka_unit_test(both_secrets_are_good_during_rotation),
		cmocka_unit_test(an_empty_secret_signs_nothing),
		cmocka_unit_test(only_a_bearer_token_proves_anything),
		cmocka_unit_test(other_algorithms_are_forgeries),
		cmocka_unit_test(changed_claims_are_a_forgery),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
