/* Sinch's two signatures: its own library's, and everything that is nearly one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/fail.h>
#include <warmline/provider.h>

#include "providers/digest.h"
#include "tests/lib/desk.h"
#include "tests/lib/vectors.h"

#define VECTORS   "tests/vectors/sinch.json"
#define PREFIX    "x-sinch-webhook-signature"
#define NONCE     "7B46EF830C3A8CB22916622DFBDEB69E"
#define STAMP     "1760000000"
#define MOMENT    "2025-10-09T08:53:20.1234567Z"
#define TYPE      "application/json; charset=utf-8"
#define KEY       "afb2b5ee-55a7"
#define SECRET_64 "c2VjcmV0" /* "secret" */

static void every_vector_of_the_provider_holds(void **state)
{
	(void)state;
	vectors_run(VECTORS, &provider_sinch, NULL);
	vectors_run(VECTORS, &provider_sinch, "sinch-webhook");
	vectors_run(VECTORS, &provider_sinch, "sinch-application");
}

/* The algorithm's name is not signed and may be missing; the scheme's is in any case. */
static void a_spoiled_vector_is_refused(void **state)
{
	(void)state;
	vectors_spoil(VECTORS, &provider_sinch, "sinch-webhook",
		PREFIX " " PREFIX "-nonce " PREFIX "-timestamp");
	vectors_spoil(VECTORS, &provider_sinch, "sinch-application", "x-timestamp");
	vectors_tamper(VECTORS, &provider_sinch, NULL, COVERED_BODY);
}

/* --- the webhook's --------------------------------------------------------------------------- */

static char given[128], authorization[256];

static char *mac_of(const void *key, size_t key_len, const char *text)
{
	const struct piece piece = {text, strlen(text)};
	struct digest mac = digest_hmac(DIGEST_SHA256, key, key_len, &piece, 1);

	return base64_write(mac.bytes, mac.len);
}

/* Signs what is on the desk, as Sinch would. */
static void sign(struct desk *desk, const char *secret, const char *nonce, const char *stamp)
{
	char *text = xasprintf("%s.%s.%s", desk->body, nonce, stamp);
	char *mac = mac_of(secret, strlen(secret), text);

	snprintf(given, sizeof(given), "%s", mac);
	desk_header(desk, PREFIX, given);
	desk_header(desk, PREFIX "-nonce", nonce);
	desk_header(desk, PREFIX "-timestamp", stamp);
	free(text);
	free(mac);
}

static int open_webhook(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	desk_open(desk, &provider_sinch, "/sinch/sms?a=1");
	desk_body(desk, "{'type':'mo_text','body':'one. two. three'}");
	sign(desk, "secret", NONCE, STAMP);
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	desk_close(*state);
	free(*state);
	return 0;
}

static void a_signature_proves_nonce_and_time(void **state)
{
	struct proof proof;

	assert_true(desk_verified(*state, &proof));
	assert_string_equal(proof.nonce, NONCE);
	assert_int_equal(proof.signed_s, 1760000000);
}

/* Whether a time is fresh is the gateway's to say. */
static void an_old_signature_is_still_a_signature(void **state)
{
	struct desk *desk = *state;
	struct proof proof;

	desk->hook.webhook.now_s += 86400;
	assert_true(desk_verified(desk, &proof));
	assert_int_equal(proof.signed_s, 1760000000);
}

static void both_secrets_are_good_during_rotation(void **state)
{
	struct desk *desk = *state;
	struct account *account = &desk->account;

	text_set(account->secrets[0], SECRET_SIZE, "new");
	assert_false(desk_verified(desk, NULL));
	text_set(account->secrets[1], SECRET_SIZE, "secret");
	assert_false(desk_verified(desk, NULL));
	account->nsecrets = 2;
	assert_true(desk_verified(desk, NULL));
	sign(desk, "new", NONCE, STAMP);
	assert_true(desk_verified(desk, NULL));
	sign(desk, "newer", NONCE, STAMP);
	assert_false(desk_verified(desk, NULL));
}

static void an_account_without_secret_accepts_nothing(void **state)
{
	struct desk *desk = *state;

	sign(desk, "", NONCE, STAMP);
	desk->account.secrets[0][0] = '\0';
	assert_false(desk_verified(desk, NULL));
	desk->account.nsecrets = 0;
	assert_false(desk_verified(desk, NULL));
}

static void a_header_that_is_missing_proves_nothing(void **state)
{
	static const char *const needed[] = {PREFIX, PREFIX "-nonce", PREFIX "-timestamp"};
	struct desk *desk = *state;

	for (size_t i = 0; i < 3; i++) {
		sign(desk, "secret", NONCE, STAMP);
		desk_header(desk, needed[i], NULL);
		assert_false(desk_verified(desk, NULL));
		desk_header(desk, needed[i], "");
		assert_false(desk_verified(desk, NULL));
	}
}

static void another_algorithm_is_refused(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} table[] = {{NULL, true}, {"HmacSHA256", true}, {"HmacSHA1", false}, {"none", false},
		{"", false}, {"HmacSHA2567", false}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		desk_header(*state, PREFIX "-algorithm", table[i].name);
		assert_int_equal(desk_verified(*state, NULL), table[i].good);
	}
}

static void every_bit_of_the_body_counts(void **state)
{
	struct desk *desk = *state;

	for (size_t i = 0; i < 8 * desk->hook.webhook.body_len; i++) {
		desk->body[i / 8] = (char)(desk->body[i / 8] ^ 1 << i % 8);
		assert_false(desk_verified(desk, NULL));
		desk->body[i / 8] = (char)(desk->body[i / 8] ^ 1 << i % 8);
	}
	assert_true(desk_verified(desk, NULL));
	desk_body(desk, "{'type': 'mo_text','body':'one. two. three'}");
	assert_false(desk_verified(desk, NULL)); /* the same JSON, written otherwise */
}

/* The signed bytes have dots in them; whatever lies between other dots is another webhook. */
static void the_joints_cannot_be_moved(void **state)
{
	static const struct {
		const char *body, *nonce, *stamp;
	} moved[] = {
		{"{'type':'mo_text','body':'one", " two", " three'}." NONCE "." STAMP},
		{"{'type':'mo_text','body':'one", " two. three'}." NONCE, STAMP},
		{"{'type':'mo_text','body':'one. two", " three'}." NONCE, STAMP},
		{"{'type':'mo_text','body':'one. two. three'}." NONCE, STAMP, ""},
		{"{'type':'mo_text','body':'one. two. three'}", "", NONCE "." STAMP},
	};

	for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		char *nonce = desk_quoted(moved[i].nonce), *stamp = desk_quoted(moved[i].stamp);

		desk_body(*state, moved[i].body);
		desk_header(*state, PREFIX "-nonce", nonce);
		desk_header(*state, PREFIX "-timestamp", stamp);
		assert_false(desk_verified(*state, NULL));
		free(nonce);
		free(stamp);
	}
}

static void a_nonce_fits_and_a_timestamp_is_digits(void **state)
{
	char long_nonce[256];

	memset(long_nonce, 'A', sizeof(long_nonce) - 1);
	long_nonce[sizeof(long_nonce) - 1] = '\0';
	sign(*state, "secret", long_nonce, STAMP);
	assert_false(desk_verified(*state, NULL));
	long_nonce[127] = '\0';
	sign(*state, "secret", long_nonce, STAMP);
	assert_true(desk_verified(*state, NULL));
	sign(*state, "secret", NONCE, "2025-10-09T08:53:20Z");
	assert_false(desk_verified(*state, NULL));
	sign(*state, "secret", NONCE, "18446744075469551616");
	assert_false(desk_verified(*state, NULL));
	sign(*state, "secret", "with.dot", STAMP);
	assert_false(desk_verified(*state, NULL));
	sign(*state, "secret", "", STAMP);
	assert_false(desk_verified(*state, NULL));
}

static void only_one_way_of_writing_a_signature_is_taken(void **state)
{
	struct desk *desk = *state;
	char other[160] = "", good[128];

	snprintf(good, sizeof(good), "%s", given);
	desk_header(desk, PREFIX, other);
	snprintf(other, sizeof(other), "%.43s", good); /* no padding */
	assert_false(desk_verified(desk, NULL));
	snprintf(other, sizeof(other), "%s ", good);
	assert_false(desk_verified(desk, NULL));
	snprintf(other, sizeof(other), "%s=", good);
	assert_false(desk_verified(desk, NULL));
	for (size_t i = 0; i < 44; i++) {
		snprintf(other, sizeof(other), "%s", good);
		other[i] = other[i] == 'x' ? 'y' : 'x';
		assert_false(desk_verified(desk, NULL));
	}
	snprintf(other, sizeof(other), "%s", good);
	assert_true(desk_verified(desk, NULL));
}

/* --- the application's ----------------------------------------------------------------------- */

struct application {
	const char *method, *body, *type, *moment, *path, *key, *secret;
};
static const struct application right = {
	"POST", "{'event':'pie'}", TYPE, MOMENT, "/sinch/voice", KEY, "secret"};

/* Signs `a`, but posts what `desk` has. */
static void sign_application(struct desk *desk, const struct application *a)
{
	struct piece piece = {a->body, strlen(a->body)};
	struct digest md5;
	char *body = desk_quoted(a->body), *hash, *text, *mac;

	piece.at = body;
	md5 = digest_of(DIGEST_MD5, &piece, 1);
	hash = base64_write(md5.bytes, piece.len ? md5.len : 0);
	text = xasprintf(
		"%s\n%s\n%s\nx-timestamp:%s\n%s", a->method, hash, a->type, a->moment, a->path);
	mac = mac_of(a->secret, strlen(a->secret), text);
	snprintf(given, sizeof(given), "%s", mac);
	snprintf(authorization, sizeof(authorization), "Application %s:%s", a->key, mac);
	desk_header(desk, "Authorization", authorization);
	free(body);
	free(hash);
	free(text);
	free(mac);
}

static int open_application(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	desk_open(desk, &provider_sinch, "/sinch/voice?a=1");
	text_set(desk->account.application, sizeof(desk->account.application), KEY);
	text_set(desk->account.secrets[0], SECRET_SIZE, SECRET_64);
	desk_body(desk, right.body);
	desk_header(desk, "Content-Type", TYPE);
	desk_header(desk, "x-timestamp", MOMENT);
	sign_application(desk, &right);
	*state = desk;
	return 0;
}

static void an_application_proves_signature_and_time(void **state)
{
	struct desk *desk = *state;
	struct proof proof;

	assert_true(desk_verified(desk, &proof));
	assert_string_equal(proof.nonce, given);
	assert_int_equal(proof.signed_s, 1760000000);
	desk->account.application[0] = '\0'; /* then the key is the account */
	assert_false(desk_verified(desk, NULL));
	text_set(desk->account.id, sizeof(desk->account.id), KEY);
	assert_true(desk_verified(desk, NULL));
}

static void every_part_that_is_signed_counts(void **state)
{
	const struct application others[] = {
		{"GET", right.body, TYPE, MOMENT, right.path, KEY, "secret"},
		{"POST", "{'event':'ice'}", TYPE, MOMENT, right.path, KEY, "secret"},
		{"POST", "", TYPE, MOMENT, right.path, KEY, "secret"},
		{"POST", right.body, "application/json", MOMENT, right.path, KEY, "secret"},
		{"POST", right.body, "", MOMENT, right.path, KEY, "secret"},
		{"POST", right.body, TYPE, "2025-10-09T08:53:21.1234567Z", right.path, KEY,
			"secret"},
		{"POST", right.body, TYPE, MOMENT, "/sinch/voice2", KEY, "secret"},
		{"POST", right.body, TYPE, MOMENT, "/sinch/voice?a=1", KEY, "secret"},
		{"POST", right.body, TYPE, MOMENT, right.path, "afb2b5ee-55a8", "secret"},
		{"POST", right.body, TYPE, MOMENT, right.path, "afb2b5ee-55a", "secret"},
		{"POST", right.body, TYPE, MOMENT, right.path, "", "secret"},
		{"POST", right.body, TYPE, MOMENT, right.path, KEY, "secreT"},
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		sign_application(*state, &others[i]);
		if (desk_verified(*state, NULL))
			fail_msg("%zu", i);
	}
}

static void the_secret_is_base64(void **state)
{
	struct desk *desk = *state;
	static const char *const bad[] = {
		"", "secret", "c2VjcmV", "c2VjcmV0=", "c2VjcmV0 ", "===="};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		text_set(desk->account.secrets[0], SECRET_SIZE, "%s", bad[i]);
		assert_false(desk_verified(desk, NULL));
	}
	text_set(desk->account.secrets[1], SECRET_SIZE, SECRET_64);
	desk->account.nsecrets = 2;
	assert_true(desk_verified(desk, NULL));
	text_set(desk->account.secrets[0], SECRET_SIZE, SECRET_64);
	text_set(desk->account.secrets[1], SECRET_SIZE, "b3RoZXI=");
	assert_true(desk_verified(desk, NULL));
	desk->account.nsecrets = 0;
	assert_false(desk_verified(desk, NULL));
}

static void an_application_without_key_or_secret_accepts_nothing(void **state)
{
	struct desk *desk = *state;
	struct application a = right;

	a.secret = "";
	sign_application(desk, &a);
	desk->account.secrets[0][0] = '\0';
	assert_false(desk_verified(desk, NULL));
	text_set(desk->account.secrets[0], SECRET_SIZE, SECRET_64);
	a.secret = "secret";
	a.key = "";
	sign_application(desk, &a);
	desk->account.application[0] = '\0';
	desk->account.id[0] = '\0';
	assert_false(desk_verified(desk, NULL));
}

static void an_authorization_has_one_form(void **state)
{
	struct desk *desk = *state;
	char other[300] = "";
	static const struct {
		const char *before, *between, *after;
		bool good;
	} table[] = {{"Application ", ":", "", true}, {"application ", ":", "", true},
		{"Basic ", ":", "", false}, {"Application", ":", "", false},
		{"Application  ", ":", "", false}, {"Application ", "", "", false},
		{"Application ", "::", "", false}, {"Application ", "-", "", false},
		{"Application ", ": ", "", false}, {"Application ", ":", " ", false},
		{"Application ", ":", "=", false}, {"", ":", "", false}};

	desk_header(desk, "Authorization", other);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(other, sizeof(other), "%s%s%s%s%s", table[i].before, KEY, table[i].between,
			given, table[i].after);
		if (desk_verified(desk, NULL) != table[i].good)
			fail_msg("\"%s\"", other);
	}
	snprintf(other, sizeof(other), "Application " KEY ":");
	assert_false(desk_verified(desk, NULL));
	desk_header(desk, "Authorization", NULL);
	assert_false(desk_verified(desk, NULL));
}

static void a_moment_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = {"", "1760000000", "2025-10-09", "2025-10-09T08:53:20",
		"2025-10-09 08:53:20Z", "2025-13-09T08:53:20Z", "2025-10-09T08:53:20+02:00"};
	struct application a = right;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		a.moment = bad[i];
		desk_header(*state, "x-timestamp", bad[i]);
		sign_application(*state, &a);
		if (desk_verified(*state, NULL))
			fail_msg("\"%s\"", bad[i]);
	}
	desk_header(*state, "x-timestamp", NULL);
	assert_false(desk_verified(*state, NULL));
}

/* A webhook's signature that does not hold is not helped by an application's that does. */
static void a_signature_that_is_there_must_hold(void **state)
{
	desk_header(*state, PREFIX, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	desk_header(*state, PREFIX "-nonce", NONCE);
	desk_header(*state, PREFIX "-timestamp", STAMP);
	assert_false(desk_verified(*state, NULL));
}

#define WEBHOOK(test)     cmocka_unit_test_setup_teardown(test, open_webhook, close_desk)
#define APPLICATION(test) cmocka_unit_test_setup_teardown(test, open_application, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_of_the_provider_holds),
		cmocka_unit_test(a_spoiled_vector_is_refused),
		WEBHOOK(a_signature_proves_nonce_and_time),
		WEBHOOK(an_old_signature_is_still_a_signature),
		WEBHOOK(both_secrets_are_good_during_rotation),
		WEBHOOK(an_account_without_secret_accepts_nothing),
		WEBHOOK(a_header_that_is_missing_proves_nothing),
		WEBHOOK(another_algorithm_is_refused),
		WEBHOOK(every_bit_of_the_body_counts),
		WEBHOOK(the_joints_cannot_be_moved),
		WEBHOOK(a_nonce_fits_and_a_timestamp_is_digits),
		WEBHOOK(only_one_way_of_writing_a_signature_is_taken),
		APPLICATION(an_application_proves_signature_and_time),
		APPLICATION(every_part_that_is_signed_counts),
		APPLICATION(the_secret_is_base64),
		APPLICATION(an_application_without_key_or_secret_accepts_nothing),
		APPLICATION(an_authorization_has_one_form),
		APPLICATION(a_moment_that_is_none_is_refused),
		APPLICATION(a_signature_that_is_there_must_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
