/* Telnyx' signatures: its own library's, and everything that is nearly one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>
#include <warmline/fail.h>
#include <warmline/provider.h>

#include "tests/lib/desk.h"
#include "tests/lib/vectors.h"

#define VECTORS   "tests/vectors/telnyx.json"
#define SIGNATURE "telnyx-signature-ed25519"
#define STAMP     "telnyx-timestamp"
#define NOW       "1760000000"

static void every_vector_of_the_provider_holds(void **state)
{
	(void)state;
	vectors_run(VECTORS, &provider_telnyx, NULL);
}

static void a_spoiled_vector_is_refused(void **state)
{
	(void)state;
	vectors_spoil(VECTORS, &provider_telnyx, NULL, NULL);
	vectors_tamper(VECTORS, &provider_telnyx, NULL, COVERED_BODY);
}

/* An account whose only key is made from `seed`, and a webhook signed with it. */
struct signing {
	struct desk desk;
	unsigned char secret_key[crypto_sign_SECRETKEYBYTES];
	char signature[89];
};

static void key_make(unsigned char seed, char public_key[64], unsigned char secret_key[64])
{
	unsigned char bytes[crypto_sign_SEEDBYTES] = {seed}, plain[crypto_sign_PUBLICKEYBYTES];

	crypto_sign_seed_keypair(plain, secret_key, bytes);
	sodium_bin2base64(public_key, 64, plain, sizeof(plain), sodium_base64_VARIANT_ORIGINAL);
}

static void sign_as(struct signing *s, const unsigned char *secret_key, const char *timestamp)
{
	telnyx_sign(
		secret_key, timestamp, s->desk.body, s->desk.hook.webhook.body_len, s->signature);
	desk_header(&s->desk, SIGNATURE, s->signature);
	desk_header(&s->desk, STAMP, timestamp);
}

static void signing_open(struct signing *s, const char *body)
{
	desk_open(&s->desk, &provider_telnyx, "/telnyx/sms");
	key_make(1, s->desk.account.secrets[0], s->secret_key);
	desk_body(&s->desk, body);
	sign_as(s, s->secret_key, NOW);
}

static void a_signature_proves_itself_and_its_time(void **state)
{
	struct signing s;
	struct proof proof;

	(void)state;
	signing_open(&s, "{}");
	assert_true(desk_verified(&s.desk, &proof));
	assert_string_equal(proof.nonce, s.signature);
	assert_int_equal(proof.signed_s, 1760000000);
	desk_close(&s.desk);
}

static void both_keys_are_good_during_rotation(void **state)
{
	struct signing s;
	struct account *account = &s.desk.account;
	unsigned char other[64];

	(void)state;
	signing_open(&s, "{}");
	memcpy(account->secrets[1], account->secrets[0], SECRET_SIZE);
	key_make(2, account->secrets[0], other);
	account->nsecrets = 2;
	assert_true(desk_verified(&s.desk, NULL));
	sign_as(&s, other, NOW);
	assert_true(desk_verified(&s.desk, NULL));
	account->nsecrets = 1;
	assert_true(desk_verified(&s.desk, NULL));
	sign_as(&s, s.secret_key, NOW);
	assert_false(desk_verified(&s.desk, NULL));
	desk_close(&s.desk);
}

static void a_key_that_is_none_proves_nothing(void **state)
{
	static const char *const keys[] = {"", "secret", "AAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",   /* a point of small order */
		"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",   /* another */
		"NxUKLwqESuXAHBtiWggPiGe2cnIXWrO5aWUaNxl7WNU",    /* no padding */
		"NxUKLwqESuXAHBtiWggPiGe2cnIXWrO5aWUaNxl7WNU= "}; /* a blank */
	struct signing s;

	(void)state;
	signing_open(&s, "{}");
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		text_set(s.desk.account.secrets[0], SECRET_SIZE, "%s", keys[i]);
		assert_false(desk_verified(&s.desk, NULL));
	}
	s.desk.account.nsecrets = 0;
	assert_false(desk_verified(&s.desk, NULL));
	desk_close(&s.desk);
}

static void every_bit_of_signature_and_body_counts(void **state)
{
	struct signing s;
	unsigned char plain[64];
	size_t read;

	(void)state;
	signing_open(&s, "{'data':{}}");
	assert_int_equal(sodium_base642bin(plain, sizeof(plain), s.signature, 88, NULL, &read, NULL,
				 sodium_base64_VARIANT_ORIGINAL),
		0);
	for (size_t i = 0; i < 8 * sizeof(plain); i++) {
		plain[i / 8] ^= (unsigned char)(1U << i % 8);
		sodium_bin2base64(s.signature, sizeof(s.signature), plain, sizeof(plain),
			sodium_base64_VARIANT_ORIGINAL);
		assert_false(desk_verified(&s.desk, NULL));
		plain[i / 8] ^= (unsigned char)(1U << i % 8);
	}
	sign_as(&s, s.secret_key, NOW);
	for (size_t i = 0; i < 8 * s.desk.hook.webhook.body_len; i++) {
		s.desk.body[i / 8] = (char)(s.desk.body[i / 8] ^ 1 << i % 8);
		assert_false(desk_verified(&s.desk, NULL));
		s.desk.body[i / 8] = (char)(s.desk.body[i / 8] ^ 1 << i % 8);
	}
	assert_true(desk_verified(&s.desk, NULL));
	desk_close(&s.desk);
}

/* The group order is added to S: the equation holds, but it is another signature. */
static void a_signature_has_one_form(void **state)
{
	static const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
		0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
	struct signing s;
	unsigned char plain[64];
	size_t read;
	unsigned carry = 0;

	(void)state;
	signing_open(&s, "{}");
	sodium_base642bin(plain, sizeof(plain), s.signature, 88, NULL, &read, NULL,
		sodium_base64_VARIANT_ORIGINAL);
	for (size_t i = 0; i < 32; i++) {
		carry += plain[32 + i] + (unsigned)order[i];
		plain[32 + i] = (unsigned char)carry;
		carry >>= 8;
	}
	sodium_bin2base64(s.signature, sizeof(s.signature), plain, sizeof(plain),
		sodium_base64_VARIANT_ORIGINAL);
	assert_false(desk_verified(&s.desk, NULL));
	desk_close(&s.desk);
}

static void a_timestamp_is_digits_and_within_five_minutes(void **state)
{
	static const struct {
		const char *timestamp;
		bool good;
	} table[] = {{"1760000000", true}, {"1759999700", true}, {"1760000300", true},
		{"1759999699", false}, {"1760000301", false}, {"0", false}, {"", false},
		{"+1760000000", false}, {" 1760000000", false}, {"1760000000 ", false},
		{"1760000000.0", false}, {"1.76e9", false}, {"-1760000000", false},
		{"0x68E77300", false}, {"18446744075469551616", false},
		{"999999999999999999", false}, {"9223372036854775807", false}};
	struct signing s;

	(void)state;
	signing_open(&s, "{}");
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		sign_as(&s, s.secret_key, table[i].timestamp);
		if (desk_verified(&s.desk, NULL) != table[i].good)
			fail_msg("\"%s\"", table[i].timestamp);
	}
	desk_close(&s.desk);
}

/* The bar cannot be moved between timestamp and body. */
static void what_was_signed_as_body_is_no_timestamp(void **state)
{
	struct signing s;

	(void)state;
	signing_open(&s, "1|{}");
	desk_body(&s.desk, "{}");
	desk_header(&s.desk, STAMP, NOW "|1");
	assert_false(desk_verified(&s.desk, NULL));
	desk_header(&s.desk, STAMP, NOW);
	assert_false(desk_verified(&s.desk, NULL));
	desk_close(&s.desk);
}

static void only_one_way_of_writing_a_signature_is_taken(void **state)
{
	struct signing s;
	char given[96];

	(void)state;
	signing_open(&s, "{}");
	desk_header(&s.desk, SIGNATURE, given);
	snprintf(given, sizeof(given), "%.87s", s.signature); /* one padding less */
	assert_false(desk_verified(&s.desk, NULL));
	snprintf(given, sizeof(given), "%s ", s.signature);
	assert_false(desk_verified(&s.desk, NULL));
	snprintf(given, sizeof(given), "%sAAAA", s.signature);
	assert_false(desk_verified(&s.desk, NULL));
	snprintf(given, sizeof(given), "%.86s%%3D", s.signature);
	assert_false(desk_verified(&s.desk, NULL));
	given[0] = '\0';
	assert_false(desk_verified(&s.desk, NULL));
	desk_header(&s.desk, SIGNATURE, NULL);
	assert_false(desk_verified(&s.desk, NULL));
	desk_close(&s.desk);
}

static void the_same_json_written_otherwise_is_another_body(void **state)
{
	struct signing s;

	(void)state;
	signing_open(&s, "{'a': 1}");
	desk_body(&s.desk, "{'a':1}");
	assert_false(desk_verified(&s.desk, NULL));
	desk_close(&s.desk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_of_the_provider_holds),
		cmocka_unit_test(a_spoiled_vector_is_refused),
		cmocka_unit_test(a_signature_proves_itself_and_its_time),
		cmocka_unit_test(both_keys_are_good_during_rotation),
		cmocka_unit_test(a_key_that_is_none_proves_nothing),
		cmocka_unit_test(every_bit_of_signature_and_body_counts),
		cmocka_unit_test(a_signature_has_one_form),
		cmocka_unit_test(a_timestamp_is_digits_and_within_five_minutes),
		cmocka_unit_test(what_was_signed_as_body_is_no_timestamp),
		cmocka_unit_test(only_one_way_of_writing_a_signature_is_taken),
		cmocka_unit_test(the_same_json_written_otherwise_is_another_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
