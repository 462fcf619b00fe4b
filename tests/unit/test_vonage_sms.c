/* Vonage's SMS API: texts in parts, receipts, signed requests, and answers that say 200 to all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/fail.h>

#include "providers/vonage_sms.h"
#include "tests/lib/adapter.h"
#include "tests/lib/shape.h"

#define URL    "https://sms.example.org/vonage/acct/sms"
#define STATUS "https://sms.example.org/vonage/acct/status"
#define OURS   "a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=2"
#define NOW    1760000000

#define PARAMS                                                                                     \
	"msisdn=12025550111&to=12025550100&messageId=AB01&text=a%26b%3Dc+%00+%C3%A9&type=text"     \
	"&keyword=A&message-timestamp=2026-02-16+09%3A36%3A07&timestamp=1759999998&nonce=n-1"

#define RECEIPT "messageId=AB02&msisdn=12025550111&to=12025550100&status=delivered&err-code=0"

static struct account account_of(const char *scheme, const char *first, const char *second)
{
	struct account account = adapter_account("vonage-sms", first, second);

	text_set(account.scheme, sizeof(account.scheme), "%s", scheme);
	return account;
}

/* --- texts ----------------------------------------------------------------------------------- */

static bool read_shape(enum shape shape, enum webhook_about about, const char *params,
	struct inbound *inbound, struct fail *fail)
{
	struct account account = account_of("md5hash", "secret", NULL);
	struct shaped shaped;
	bool done;

	shape_open(&shaped, shape, about, URL, params);
	done = adapter_read(shaped.posted, &provider_vonage_sms, &account, inbound, fail);
	shaped.posted = NULL;
	shape_close(&shaped);
	return done;
}

static void a_text_is_read_from_every_shape(void **state)
{
	struct inbound in;
	struct fail fail;

	(void)state;
	for (int shape = BY_GET; shape <= BY_JSON; shape++) {
		assert_true(read_shape(
			(enum shape)shape, ABOUT_TEXT, PARAMS "&api-key=acct&sig=00", &in, &fail));
		assert_int_equal(in.ntexts, 1);
		assert_string_equal(in.texts[0].event_id, "vonage-sms:acct:AB01:text");
		assert_string_equal(in.texts[0].provider_id, "AB01");
		assert_string_equal(in.texts[0].from, "+12025550111");
		assert_string_equal(in.texts[0].to, "+12025550100");
		assert_string_equal(in.texts[0].body, "a&b=c \xef\xbf\xbd \xc3\xa9");
		assert_true(in.texts[0].repaired);
		assert_string_equal(in.texts[0].part.ref, "");
		assert_int_equal(in.texts[0].part.of, 0);
		inbound_clear(&in);
	}
}

#define SHORT "messageId=AB01&msisdn=12025550111&to=24273&text=x"

static void parts_of_a_long_text_know_their_place(void **state)
{
	static const struct {
		const char *more, *ref;
		int number, of;
	} table[] = {
		{"&concat=true&concat-ref=08B5&concat-total=2&concat-part=1", "08B5", 1, 2},
		{"&concat=true&concat-ref=08B5&concat-total=2&concat-part=2", "08B5", 2, 2},
		{"&concat-ref=1&concat-total=255&concat-part=255", "1", 255, 255},
		/* What makes no sense is a text of its own. */
		{"", "", 0, 0},
		{"&concat=true", "", 0, 0},
		{"&concat=true&concat-ref=1&concat-total=2", "", 0, 0},
		{"&concat=true&concat-ref=1&concat-total=2&concat-part=3", "", 0, 0},
		{"&concat=true&concat-ref=1&concat-total=2&concat-part=0", "", 0, 0},
		{"&concat=true&concat-ref=1&concat-total=1&concat-part=1", "", 0, 0},
		{"&concat=true&concat-ref=1&concat-total=256&concat-part=1", "", 0, 0},
		{"&concat=true&concat-ref=&concat-total=2&concat-part=1", "", 0, 0},
		{"&concat=true&concat-total=2&concat-part=1", "", 0, 0},
		{"&concat-ref=12345678901234567890123456789012&concat-total=2&concat-part=1", "", 0,
			0},
		{"&concat-ref=1&concat-ref=2&concat-total=2&concat-part=1", "", 0, 0},
		{"&concat-ref=1&concat-total=-2&concat-part=1", "", 0, 0},
		{"&concat-ref=1&concat-total=99999999999&concat-part=1", "", 0, 0},
	};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *params = xasprintf(SHORT "%s", table[i].more);

		assert_true(read_shape(BY_FORM, ABOUT_TEXT, params, &in, &fail));
		assert_string_equal(in.texts[0].body, "x");
		assert_string_equal(in.texts[0].part.ref, table[i].ref);
		assert_int_equal(in.texts[0].part.number, table[i].number);
		assert_int_equal(in.texts[0].part.of, table[i].of);
		inbound_clear(&in);
		free(params);
	}
}

static void bytes_without_words_are_ignored(void **state)
{
	struct inbound in;
	struct fail fail;

	(void)state;
	assert_true(read_shape(BY_GET, ABOUT_TEXT,
		"messageId=1&msisdn=1&to=2&type=binary&data=0102&udh=06", &in, &fail));
	assert_int_equal(in.ignored, 1);
	inbound_clear(&in);
	assert_true(read_shape(BY_GET, ABOUT_TEXT, SHORT "&type=binary", &in, &fail));
	assert_int_equal(in.ntexts, 1);
	inbound_clear(&in);
}

static void broken_characters_are_shown_not_lost(void **state)
{
	struct inbound in;
	struct fail fail;

	(void)state;
	assert_true(read_shape(BY_FORM, ABOUT_TEXT,
		"messageId=1&msisdn=12025550111&to=24273&text=a%FFb", &in, &fail));
	assert_string_equal(in.texts[0].body, "a\xef\xbf\xbd"
					      "b");
	assert_string_equal(in.texts[0].to, "24273");
	assert_true(in.texts[0].repaired);
	inbound_clear(&in);
}

static void what_does_not_fit_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"messageId=1&msisdn=1&to=2", "text is missing"},
		{SHORT "&text=y", "text is there more than once"},
		{"messageId=1&msisdn=1&text=x", "to is missing"},
		{"messageId=1&to=1&text=x", "msisdn is missing"},
		{"msisdn=1&to=1&text=x", "messageId is missing"},
		{"messageId=a%2Fb&msisdn=1&to=1&text=x", "messageId is malformed"},
		{"messageId=&msisdn=1&to=1&text=x", "messageId is empty"},
		{SHORT "&messageId=2", "messageId is there more than once"},
		{SHORT "&msisdn=2", "msisdn is there more than once"},
		{SHORT "&api-key=other", "another account"},
		{SHORT "&api-key=acct&api-key=acct", "api-key is there more than once"},
		{"messageId=1&msisdn=1%002&to=1&text=x", "msisdn is"},
		{"messageId=1&msisdn=12345678901234567890123456789012&to=1&text=x", "msisdn is"},
	};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (int shape = BY_GET; shape <= BY_FORM; shape++) {
			assert_false(
				read_shape((enum shape)shape, ABOUT_TEXT, bad[i][0], &in, &fail));
			if (!strstr(fail.text, bad[i][1]))
				fail_msg("%s: %s", bad[i][0], fail.text);
			inbound_clear(&in);
		}
	}
}

static bool read_json(const char *body)
{
	struct account account = account_of("md5hash", "secret", NULL);
	struct inbound in;
	struct fail fail;
	bool done = adapter_read(
		posted_json(ABOUT_TEXT, URL, body), &provider_vonage_sms, &account, &in, &fail);

	inbound_clear(&in);
	return done;
}

static void json_that_does_not_fit_is_named(void **state)
{
	static const char *const bad[] = {"", "x", "[]", "\"text\"", "{\"messageId\":",
		"{\"messageId\":\"1\",\"msisdn\":\"1\",\"to\":\"2\",\"text\":{\"a\":1}}",
		"{\"messageId\":\"1\",\"msisdn\":\"1\",\"to\":\"2\",\"text\":\"x\",\"y\":null}",
		"{\"messageId\":\"1\",\"messageId\":\"2\",\"msisdn\":\"1\",\"to\":\"2\",\"text\":"
		"\"x\"}"};
	char *deep = xcalloc(1, 50001);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(read_json(bad[i]));
	memset(deep, '[', 50000);
	assert_false(read_json(deep));
	free(deep);
}

static bool read_members(size_t members)
{
	json_t *object = json_pack(
		"{s:i, s:i, s:s, s:s}", "messageId", 1, "msisdn", 1, "to", "2", "text", "x");
	char name[24], *body;
	bool done;

	while (json_object_size(object) < members) {
		snprintf(name, sizeof(name), "%zu", json_object_size(object));
		json_object_set_new(object, name, json_true());
	}
	body = json_dumps(object, JSON_COMPACT);
	done = read_json(body);
	free(body);
	json_decref(object);
	return done;
}

static void json_has_as_many_members_as_a_form_at_most(void **state)
{
	(void)state;
	assert_true(read_members(4));
	assert_true(read_members(FORM_FIELDS));
	assert_false(read_members(FORM_FIELDS + 1));
}

/* --- receipts -------------------------------------------------------------------------------- */

static void every_state_becomes_one_of_ours(void **state)
{
	static const struct {
		const char *told, *status;
		enum answer_kind why;
	} table[] = {{"accepted", "sent", ANSWER_ACCEPTED}, {"buffered", "sent", ANSWER_ACCEPTED},
		{"delivered", "delivered", ANSWER_ACCEPTED},
		{"expired", "undelivered", ANSWER_NETWORK},
		{"failed", "undelivered", ANSWER_UNKNOWN}, {"rejected", "failed", ANSWER_UNKNOWN},
		{"unknown", "sent", ANSWER_ACCEPTED}, {"new-state", "queued", ANSWER_ACCEPTED}};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *params = xasprintf("messageId=AB02&msisdn=12025550111&to=12025550100"
					 "&status=%s&scts=2001011400&price=0.03",
			table[i].told);
		char *id = xasprintf("vonage-sms:acct:AB02:%s", table[i].told);

		for (int shape = BY_GET; shape <= BY_JSON; shape++) {
			assert_true(
				read_shape((enum shape)shape, ABOUT_RECEIPT, params, &in, &fail));
			assert_string_equal(in.receipts[0].event_id, id);
			assert_string_equal(in.receipts[0].provider_id, "AB02");
			assert_string_equal(in.receipts[0].status, table[i].status);
			assert_int_equal(in.receipts[0].why, table[i].why);
			assert_int_equal(in.receipts[0].error, 0);
			assert_string_equal(in.receipts[0].to, "+12025550111");
			inbound_clear(&in);
		}
		free(params);
		free(id);
	}
}

static void every_reason_is_told_apart(void **state)
{
	static const struct {
		int code;
		enum answer_kind why;
	} table[] = {{0, ANSWER_UNKNOWN}, {1, ANSWER_UNKNOWN}, {2, ANSWER_NETWORK},
		{3, ANSWER_BAD_NUMBER}, {4, ANSWER_BLOCKED}, {5, ANSWER_NETWORK},
		{6, ANSWER_CONTENT}, {7, ANSWER_NETWORK}, {8, ANSWER_NETWORK},
		{9, ANSWER_OPTED_OUT}, {10, ANSWER_CONTENT}, {11, ANSWER_ACCOUNT},
		{12, ANSWER_BAD_NUMBER}, {13, ANSWER_BLOCKED}, {14, ANSWER_BLOCKED},
		{15, ANSWER_NETWORK}, {16, ANSWER_ACCOUNT}, {50, ANSWER_ACCOUNT},
		{51, ANSWER_ACCOUNT}, {52, ANSWER_CONTENT}, {53, ANSWER_ACCOUNT},
		{54, ANSWER_ACCOUNT}, {99, ANSWER_UNKNOWN}, {12345, ANSWER_UNKNOWN}};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *params = xasprintf("messageId=1&status=%s&err-code=%d",
			i % 2 ? "failed" : "rejected", table[i].code);

		assert_true(read_shape(BY_FORM, ABOUT_RECEIPT, params, &in, &fail));
		assert_int_equal(in.receipts[0].error, table[i].code);
		assert_int_equal(in.receipts[0].why, table[i].why);
		assert_string_equal(in.receipts[0].to, "");
		inbound_clear(&in);
		free(params);
	}
	assert_true(read_shape(
		BY_GET, ABOUT_RECEIPT, "messageId=1&status=expired&err-code=3", &in, &fail));
	assert_int_equal(in.receipts[0].why, ANSWER_BAD_NUMBER);
	inbound_clear(&in);
}

/* The reference is signed, the callback URL need not be. */
static void our_ids_are_taken_from_the_reference_first(void **state)
{
	static const struct {
		const char *more, *job;
		int attempt;
	} table[] = {{"", "p2a-0123456789abcdef.7", 2},
		{"&client-ref=", "p2a-0123456789abcdef.7", 2},
		{"&client-ref=p2a-0123456789abcdef.8.1", "p2a-0123456789abcdef.8", 1},
		{"&client-ref=x", "", 0}};
	struct account account = account_of("md5hash", "secret", NULL);
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *url = xasprintf(STATUS "?" RECEIPT "&" OURS "%s", table[i].more);
		char *body = xasprintf(RECEIPT "%s", table[i].more);

		for (int by_get = 0; by_get < 2; by_get++) {
			struct posted *posted =
				by_get ? posted_get(ABOUT_RECEIPT, url)
				       : posted_form(ABOUT_RECEIPT, STATUS "?" OURS, body);

			assert_true(
				adapter_read(posted, &provider_vonage_sms, &account, &in, &fail));
			assert_string_equal(in.receipts[0].job, table[i].job);
			assert_string_equal(
				in.receipts[0].actor, *table[i].job ? "p2a-0123456789abcdef" : "");
			assert_int_equal(in.receipts[0].attempt, table[i].attempt);
			inbound_clear(&in);
		}
		free(url);
		free(body);
	}
}

static void a_receipt_that_does_not_fit_is_refused(void **state)
{
	static const char *const bad[] = {"messageId=1", "status=delivered",
		"messageId=1&status=", "messageId=1&status=a+b", "messageId=1&status=a&status=b",
		"messageId=a+b&status=delivered", "messageId=1&status=delivered&api-key=other",
		"messageId=1&status=delivered&client-ref=a&client-ref=b",
		"messageId=1&status=far-too-long-to-be-any-state"};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(read_shape(BY_FORM, ABOUT_RECEIPT, bad[i], &in, &fail));
		inbound_clear(&in);
	}
}

/* --- sending --------------------------------------------------------------------------------- */

static const struct outbound_text outbound = {.to = "+12025550111",
	.from = "+12025550100",
	.body = "a & b = c",
	.actor = "p2a-0123456789abcdef",
	.job = "p2a-0123456789abcdef.7",
	.attempt = 2,
	.callback_url = STATUS "?" OURS,
	.validity_s = 3600,
	.now_s = NOW};

#define SENT                                                                                       \
	"api_key=acct&from=12025550100&to=12025550111&text=a%20%26%20b%20%3D%20c"                  \
	"&status-report-req=true"                                                                  \
	"&callback=https%3A%2F%2Fsms.example.org%2Fvonage%2Facct%2Fstatus"                         \
	"%3Fa%3Dp2a-0123456789abcdef%26j%3Dp2a-0123456789abcdef.7%26n%3D2"                         \
	"&client-ref=p2a-0123456789abcdef.7.2&ttl=3600000"

static void a_text_is_written_as_vonage_wants_it(void **state)
{
	struct account account = account_of("", NULL, NULL);
	struct provider_request request;

	(void)state;
	provider_vonage_sms.build(&account, &outbound, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://api.example.org/sms/json");
	assert_string_equal(request.type, "application/x-www-form-urlencoded");
	assert_string_equal(request.body, SENT "&api_secret=api%20secret");
	assert_null(request.user);
	assert_null(request.headers[0].name);
	provider_request_clear(&request);
}

/* MD5 of the parameters as they stand here, one by one, with the secret behind them. */
static void the_signature_of_a_request_is_that_of_webhooks(void **state)
{
	static const char text[] =
		"&api_key=acct&callback=https://sms.example.org/vonage/acct/status"
		"?a_p2a-0123456789abcdef_j_p2a-0123456789abcdef.7_n_2"
		"&client-ref=p2a-0123456789abcdef.7.2&from=12025550100"
		"&status-report-req=true&text=a _ b _ c&timestamp=1760000000&to=12025550111"
		"&ttl=3600000newest";
	const struct piece piece = {text, strlen(text)};
	struct digest digest = digest_of(DIGEST_MD5, &piece, 1);
	char hex[2 * DIGEST_MAX + 1], *wanted;
	struct account account = account_of("md5hash", "newest", "older");
	struct provider_request request;

	(void)state;
	digest_hex(&digest, hex);
	wanted = xasprintf("%s&timestamp=1760000000&sig=%s", SENT, hex);
	provider_vonage_sms.build(&account, &outbound, &request);
	assert_string_equal(request.body, wanted);
	provider_request_clear(&request);
	free(wanted);
}

static void every_scheme_signs_requests(void **state)
{
	struct provider_request request;
	struct proof proof;

	(void)state;
	for (size_t i = 0; vonage_sms_schemes[i]; i++) {
		struct account account = account_of(vonage_sms_schemes[i], "secret", NULL);
		struct posted *posted;

		provider_vonage_sms.build(&account, &outbound, &request);
		posted = posted_form(ABOUT_TEXT, URL, request.body);
		assert_true(provider_vonage_sms.verify(&account, &posted->webhook, &proof));
		posted_free(posted);
		assert_int_equal(proof.signed_s, NOW);
		assert_null(strstr(request.body, "api_secret"));
		provider_request_clear(&request);
	}
}

static void only_what_gsm_has_not_goes_as_unicode(void **state)
{
	static const struct {
		const char *body;
		bool unicode;
	} table[] = {{"plain", false}, {"\xc3\xa9\xe2\x82\xac^{}", false}, {"\xc3\xa7", true},
		{"\xf0\x9f\x91\x8d", true}, {"\xe2\x80\x99", true}};
	struct account account = account_of("", "secret", NULL);
	struct provider_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct outbound_text text = {
			.to = "+12025550111", .from = "24273", .body = table[i].body};

		provider_vonage_sms.build(&account, &text, &request);
		assert_int_equal(strstr(request.body, "&type=unicode") != NULL, table[i].unicode);
		assert_null(strstr(request.body, "ttl="));
		assert_null(strstr(request.body, "client-ref="));
		assert_null(strstr(request.body, "callback="));
		provider_request_clear(&request);
	}
}

/* --- answers --------------------------------------------------------------------------------- */

#define TAKEN     "{\"to\":\"12025550111\",\"message-id\":\"0A01\",\"status\":\"0\"}"
#define ONE(part) "{\"message-count\":\"1\",\"messages\":[" part "]}"

static void a_text_is_accepted_when_all_its_parts_are(void **state)
{
	static const struct {
		const char *parts, *id;
		enum answer_kind kind;
		int error;
	} table[] = {
		{TAKEN, "0A01", ANSWER_ACCEPTED, 0},
		{TAKEN ",{\"message-id\":\"0A02\",\"status\":\"0\"}", "0A01", ANSWER_ACCEPTED, 0},
		{"{\"message-id\":\"0A01\",\"status\":0}", "0A01", ANSWER_ACCEPTED, 0},
		{TAKEN ",{\"status\":\"9\",\"error-text\":\"e\"}", "", ANSWER_UNKNOWN, 9},
		{"{\"status\":\"1\"},{\"status\":\"9\"}", "", ANSWER_RATE, 1},
		{TAKEN ",{\"status\":\"0\"}", "", ANSWER_UNKNOWN, 0},
		{TAKEN ",null", "", ANSWER_UNKNOWN, 0},
		{"", "", ANSWER_UNKNOWN, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *body = xasprintf("{\"messages\":[%s]}", table[i].parts);
		struct provider_answer answer = adapter_answer(&provider_vonage_sms, 200, body);

		assert_int_equal(answer.kind, table[i].kind);
		assert_int_equal(answer.error, table[i].error);
		assert_string_equal(answer.provider_id, table[i].id);
		free(body);
	}
}

static void refusals_are_told_apart(void **state)
{
	static const struct {
		int code;
		enum answer_kind kind;
	} table[] = {{1, ANSWER_RATE}, {2, ANSWER_ACCOUNT}, {3, ANSWER_ACCOUNT},
		{4, ANSWER_ACCOUNT}, {5, ANSWER_BUSY}, {6, ANSWER_ACCOUNT}, {7, ANSWER_BLOCKED},
		{8, ANSWER_ACCOUNT}, {9, ANSWER_ACCOUNT}, {10, ANSWER_BUSY}, {11, ANSWER_ACCOUNT},
		{12, ANSWER_CONTENT}, {14, ANSWER_ACCOUNT}, {15, ANSWER_ACCOUNT},
		{22, ANSWER_ACCOUNT}, {23, ANSWER_ACCOUNT}, {29, ANSWER_ACCOUNT},
		{32, ANSWER_ACCOUNT}, {33, ANSWER_BAD_NUMBER}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *body =
			xasprintf(ONE("{\"status\":\"%d\",\"error-text\":\"e\"}"), table[i].code);
		struct provider_answer answer = adapter_answer(&provider_vonage_sms, 200, body);

		assert_int_equal(answer.kind, table[i].kind);
		assert_int_equal(answer.error, table[i].code);
		assert_string_equal(answer.provider_id, "");
		free(body);
	}
}

static void what_nobody_documented_is_unknown(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum answer_kind kind;
	} table[] = {
		{200, ONE("{\"status\":\"77\",\"error-text\":\"new\"}"), ANSWER_ACCOUNT},
		{200, ONE("{\"status\":\"77\"}"), ANSWER_UNKNOWN},
		{200, ONE("{\"status\":\"77\",\"error-text\":\"e\",\"message-id\":\"1\"}"),
			ANSWER_UNKNOWN},
		{200, ONE("{\"status\":\"00\",\"message-id\":\"1\"}"), ANSWER_UNKNOWN},
		{200, ONE("{\"status\":\"99999999999\",\"message-id\":\"1\"}"), ANSWER_UNKNOWN},
		{200, ONE("{\"status\":\"\",\"message-id\":\"1\"}"), ANSWER_UNKNOWN},
		{200, ONE("{\"status\":\"ok\",\"message-id\":\"1\"}"), ANSWER_UNKNOWN},
		{200, ONE("{\"status\":-1,\"message-id\":\"1\"}"), ANSWER_UNKNOWN},
		{200, ONE("{\"status\":\"0\",\"message-id\":\"a b\"}"), ANSWER_UNKNOWN},
		{200, ONE("{\"status\":\"0\",\"message-id\":\"\"}"), ANSWER_UNKNOWN},
		{200, ONE("{\"message-id\":\"1\"}"), ANSWER_UNKNOWN},
		{200, "{\"messages\":{\"status\":\"0\"}}", ANSWER_UNKNOWN},
		{200, "{\"messages\":[" TAKEN, ANSWER_UNKNOWN},
		{200, "[" TAKEN "]", ANSWER_UNKNOWN},
		{200, "<html>hello</html>", ANSWER_UNKNOWN},
		{200, "", ANSWER_UNKNOWN},
		{302, ONE(TAKEN), ANSWER_UNKNOWN},
		{400, ONE(TAKEN), ANSWER_UNKNOWN},
		{401, "", ANSWER_ACCOUNT},
		{408, "", ANSWER_UNKNOWN},
		{429, "", ANSWER_RATE},
		{500, ONE("{\"status\":\"5\"}"), ANSWER_UNKNOWN},
		{503, "", ANSWER_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct provider_answer answer =
			adapter_answer(&provider_vonage_sms, table[i].status, table[i].body);

		if (answer.kind != table[i].kind)
			fail_msg("%d %s: %s", table[i].status, table[i].body,
				answer_kind_name(answer.kind));
	}
}

static void it_is_found_by_its_name(void **state)
{
	(void)state;
	assert_ptr_equal(provider_find("vonage-sms"), &provider_vonage_sms);
	assert_true(provider_vonage_sms.takes_get);
	assert_null(provider_vonage_sms.errand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_read_from_every_shape),
		cmocka_unit_test(parts_of_a_long_text_know_their_place),
		cmocka_unit_test(bytes_without_words_are_ignored),
		cmocka_unit_test(broken_characters_are_shown_not_lost),
		cmocka_unit_test(what_does_not_fit_is_named),
		cmocka_unit_test(json_that_does_not_fit_is_named),
		cmocka_unit_test(json_has_as_many_members_as_a_form_at_most),
		cmocka_unit_test(every_state_becomes_one_of_ours),
		cmocka_unit_test(every_reason_is_told_apart),
		cmocka_unit_test(our_ids_are_taken_from_the_reference_first),
		cmocka_unit_test(a_receipt_that_does_not_fit_is_refused),
		cmocka_unit_test(a_text_is_written_as_vonage_wants_it),
		cmocka_unit_test(the_signature_of_a_request_is_that_of_webhooks),
		cmocka_unit_test(every_scheme_signs_requests),
		cmocka_unit_test(only_what_gsm_has_not_goes_as_unicode),
		cmocka_unit_test(a_text_is_accepted_when_all_its_parts_are),
		cmocka_unit_test(refusals_are_told_apart),
		cmocka_unit_test(what_nobody_documented_is_unknown),
		cmocka_unit_test(it_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
