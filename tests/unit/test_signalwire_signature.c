/* Whose requests SignalWire's adapter takes. */
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

#define VECTORS "tests/vectors/signalwire.json"
#define KEY     "PSK_4b7b6f4b0b1f4c0f"
#define PROJECT "1e5556f8-dc9d-4c12-bcbd-c2ba3a46892d"
#define URL     "https://sms.example.org/w/main/sms"
#define SIGNED  "X-SignalWire-Signature"
#define SHA256  "X-SignalWire-SHA256-Signature"

static const struct account account = {.kind = "signalwire",
	.name = "main",
	.api_url = "https://space.example.org",
	.id = PROJECT,
	.api_secret = "PT0123",
	.secrets = {KEY},
	.nsecrets = 1};
static const struct provider *const provider = &provider_signalwire;

static void every_vector_holds(void **state)
{
	(void)state;
	vectors_run(VECTORS, provider, NULL);
}

static void a_spoiled_vector_is_refused(void **state)
{
	(void)state;
	vectors_spoil(VECTORS, provider, NULL, NULL);
	vectors_tamper(VECTORS, provider, NULL, COVERED_URL | COVERED_QUERY | COVERED_BODY);
}

static struct digest mac_of(enum digest_kind kind, const char *url, const char *body)
{
	const struct piece pieces[] = {{url, strlen(url)}, {body, strlen(body)}};

	return digest_hmac(kind, KEY, strlen(KEY), pieces, 2);
}

static void a_signature_over_the_bare_url_proves_no_form(void **state)
{
	struct digest mac = mac_of(DIGEST_SHA1, URL, "");
	char *bare = base64_write(mac.bytes, mac.len);
	struct posted *other = posted_json(ABOUT_TEXT, URL, "{\"message\":{}}");

	(void)state;
	assert_true(posted_holds(posted_get(ABOUT_TEXT, URL), provider, &account, SIGNED, bare));
	assert_true(
		posted_holds(posted_form(ABOUT_TEXT, URL, ""), provider, &account, SIGNED, bare));
	assert_false(posted_holds(
		posted_form(ABOUT_TEXT, URL, "Body=x"), provider, &account, SIGNED, bare));
	assert_false(posted_holds(
		posted_form(ABOUT_TEXT, URL, "Body="), provider, &account, SIGNED, bare));
	assert_false(posted_holds(other, provider, &account, SIGNED, bare));
	free(bare);
}

static void a_hash_in_the_url_covers_json(void **state)
{
	const char *body = "{\"message\":{}}";
	const struct piece piece = {body, strlen(body)};
	struct digest hash = digest_of(DIGEST_SHA256, &piece, 1), mac;
	char hex[2 * DIGEST_MAX + 1], *url, *given;

	(void)state;
	digest_hex(&hash, hex);
	url = xasprintf("%s?bodySHA256=%s", URL, hex);
	mac = mac_of(DIGEST_SHA1, url, "");
	given = base64_write(mac.bytes, mac.len);
	assert_true(posted_holds(
		posted_json(ABOUT_TEXT, url, body), provider, &account, SIGNED, given));
	assert_false(posted_holds(posted_json(ABOUT_TEXT, url, "{\"message\":[]}"), provider,
		&account, SIGNED, given));
	assert_false(posted_holds(
		posted_form(ABOUT_TEXT, url, "Body=x"), provider, &account, SIGNED, given));
	free(given);
	free(url);
}

static void the_longer_digest_decides(void **state)
{
	const char *body = "{\"message\":{}}";
	struct digest sha1 = mac_of(DIGEST_SHA1, URL, body);
	struct digest sha256 = mac_of(DIGEST_SHA256, URL, body);
	char good[2 * DIGEST_MAX + 1], better[2 * DIGEST_MAX + 1], bad[2 * DIGEST_MAX + 1];
	struct posted *posted;

	(void)state;
	digest_hex(&sha1, good);
	digest_hex(&sha256, better);
	memcpy(bad, better, sizeof(bad));
	bad[0] = bad[0] == 'a' ? 'b' : 'a';
	posted = posted_json(ABOUT_TEXT, URL, body);
	posted_header(posted, SHA256, bad);
	assert_false(posted_holds(posted, provider, &account, SIGNED, good));
	posted = posted_json(ABOUT_TEXT, URL, body);
	posted_header(posted, SHA256, better);
	assert_true(posted_holds(posted, provider, &account, SIGNED, "none"));
	assert_true(
		posted_holds(posted_json(ABOUT_TEXT, URL, body), provider, &account, SIGNED, good));
	assert_false(posted_holds(
		posted_json(ABOUT_TEXT, URL, body), provider, &account, SIGNED, better));
}

/* The bytes of a form are not signed that way: its parameters are, decoded and sorted. */
static void the_signature_of_json_proves_no_form(void **state)
{
	const char *body = "Body=x";
	struct digest sha1 = mac_of(DIGEST_SHA1, URL, body);
	struct digest sha256 = mac_of(DIGEST_SHA256, URL, body);
	char hex[2 * DIGEST_MAX + 1];

	(void)state;
	digest_hex(&sha1, hex);
	assert_false(
		posted_holds(posted_form(ABOUT_TEXT, URL, body), provider, &account, SIGNED, hex));
	digest_hex(&sha256, hex);
	assert_false(
		posted_holds(posted_form(ABOUT_TEXT, URL, body), provider, &account, SHA256, hex));
}

static void the_old_header_counts_only_without_the_new_one(void **state)
{
	struct posted *posted = posted_form(ABOUT_TEXT, URL, "Body=x");
	char signature[29];

	(void)state;
	twilio_sign(KEY, URL, &posted->form, signature);
	assert_true(posted_holds(posted, provider, &account, "X-Twilio-Signature", signature));
	posted = posted_form(ABOUT_TEXT, URL, "Body=x");
	posted_header(posted, SIGNED, "aSnoP0Bk2i9CIvlYdl3NnfWpSQg=");
	assert_false(posted_holds(posted, provider, &account, "X-Twilio-Signature", signature));
}

static void an_account_without_key_takes_nothing(void **state)
{
	const struct piece pieces[] = {{URL, strlen(URL)}, {"{}", 2}};
	struct digest mac = digest_hmac(DIGEST_SHA1, "", 0, pieces, 2);
	struct account empty = account;
	char hex[2 * DIGEST_MAX + 1], signature[29];

	(void)state;
	digest_hex(&mac, hex);
	empty.secrets[0][0] = '\0';
	for (empty.nsecrets = 0; empty.nsecrets <= SECRETS_MOST; empty.nsecrets++) {
		struct posted *posted = posted_form(ABOUT_TEXT, URL, "a=1");

		twilio_sign("", URL, &posted->form, signature);
		assert_false(posted_holds(posted, provider, &empty, SIGNED, signature));
		posted = posted_json(ABOUT_TEXT, URL, "{}");
		assert_false(posted_holds(posted, provider, &empty, SIGNED, hex));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_holds),
		cmocka_unit_test(a_spoiled_vector_is_refused),
		cmocka_unit_test(a_signature_over_the_bare_url_proves_no_form),
		cmocka_unit_test(a_hash_in_the_url_covers_json),
		cmocka_unit_test(the_longer_digest_decides),
		cmocka_unit_test(the_signature_of_json_proves_no_form),
		cmocka_unit_test(the_old_header_counts_only_without_the_new_one),
		cmocka_unit_test(an_account_without_key_takes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
