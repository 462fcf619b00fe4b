/* Vonage's Messages API: what is made of its webhooks, what is sent, and what its answers mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <warmline/fail.h>

#include "providers/jwt.h"
#include "tests/lib/adapter.h"

#define URL    "https://sms.example.org/vonage/acct/sms"
#define STATUS "https://sms.example.org/vonage/acct/status"
#define OURS   "?a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=2"
#define NOW    1760000000

/* --- texts ----------------------------------------------------------------------------------- */

static bool read_body(enum webhook_about about, const char *url, const char *body,
	struct inbound *inbound, struct fail *fail)
{
	struct account account = adapter_account("vonage", "secret", NULL);

	return adapter_read(
		posted_json(about, url, body), &provider_vonage, &account, inbound, fail);
}

static bool read_text(const char *body, struct inbound *inbound, struct fail *fail)
{
	return read_body(ABOUT_TEXT, URL, body, inbound, fail);
}

#define MESSAGE                                                                                    \
	"\"channel\":\"sms\",\"message_uuid\":\"8602fc86-b310-438f-be4b-67f13fc67f9b\","           \
	"\"to\":\"12025550100\",\"from\":\"12025550111\",\"timestamp\":\"2026-02-16T09:36:07Z\""

static void a_text_is_read(void **state)
{
	struct inbound in;
	struct fail fail;

	(void)state;
	assert_true(read_text("{" MESSAGE ",\"usage\":{\"price\":\"0.0050\",\"currency\":\"EUR\"},"
			      "\"message_type\":\"text\",\"text\":\"\xc3\x87"
			      "a va \xf0\x9f\x91\x8d\","
			      "\"sms\":{\"num_messages\":\"1\",\"keyword\":\"OK\"}}",
		&in, &fail));
	assert_int_equal(in.ntexts, 1);
	assert_string_equal(
		in.texts[0].event_id, "vonage:acct:8602fc86-b310-438f-be4b-67f13fc67f9b:text");
	assert_string_equal(in.texts[0].provider_id, "8602fc86-b310-438f-be4b-67f13fc67f9b");
	assert_string_equal(in.texts[0].from, "+12025550111");
	assert_string_equal(in.texts[0].to, "+12025550100");
	assert_string_equal(in.texts[0].body, "\xc3\x87"
					      "a va \xf0\x9f\x91\x8d");
	assert_false(in.texts[0].repaired);
	assert_null(in.texts[0].media);
	assert_string_equal(in.texts[0].part.ref, "");
	inbound_clear(&in);
}

static void equal_words_are_two_events(void **state)
{
	struct inbound one, other;
	struct fail fail;

	(void)state;
	assert_true(read_text("{\"message_uuid\":\"1\",\"from\":\"12025550111\",\"to\":\"24273\","
			      "\"text\":\"help\"}",
		&one, &fail));
	assert_true(read_text("{\"message_uuid\":\"2\",\"from\":\"12025550111\",\"to\":\"24273\","
			      "\"text\":\"help\"}",
		&other, &fail));
	assert_string_not_equal(one.texts[0].event_id, other.texts[0].event_id);
	assert_string_equal(one.texts[0].to, "24273"); /* a short code stays as it is */
	inbound_clear(&one);
	inbound_clear(&other);
}

static void pictures_come_with_their_caption(void **state)
{
	static const struct {
		const char *type, *more, *words;
		size_t media;
	} table[] = {
		{"image", "\"image\":{\"url\":\"https://m/1\",\"caption\":\"help\"}", "help", 1},
		{"image", "\"image\":{\"url\":\"https://m/1\"}", "", 1},
		{"image", "\"image\":{\"url\":\"https://m/1\",\"caption\":\"a\"},\"text\":\"b\"",
			"b", 1},
		{"image", "\"image\":{\"url\":\"https://m/1\"},\"text\":null", "", 1},
		{"video", "\"video\":{\"url\":\"https://m/1\",\"name\":\"v\"}", "", 1},
		{"file", "\"file\":{\"name\":\"no url\"}", "", 0},
		{"image", "\"audio\":{\"url\":\"https://m/1\"},\"text\":\"words\"", "words", 0},
	};
	struct inbound in;
	struct fail fail;
	char body[512];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(body, sizeof(body),
			"{\"channel\":\"mms\",\"message_uuid\":\"m\",\"from\":\"1\",\"to\":\"2\","
			"\"message_type\":\"%s\",%s}",
			table[i].type, table[i].more);
		assert_true(read_text(body, &in, &fail));
		assert_string_equal(in.texts[0].body, table[i].words);
		assert_int_equal(json_array_size(in.texts[0].media), table[i].media);
		if (table[i].media) {
			const json_t *one = json_array_get(in.texts[0].media, 0);

			assert_string_equal(
				json_string_value(json_object_get(one, "url")), "https://m/1");
			assert_string_equal(
				json_string_value(json_object_get(one, "type")), table[i].type);
		}
		inbound_clear(&in);
	}
}

static void other_channels_are_none_of_ours(void **state)
{
	struct inbound in;
	struct fail fail;

	(void)state;
	assert_true(read_text("{\"channel\":\"whatsapp\",\"message_uuid\":\"m\",\"from\":\"1\","
			      "\"to\":\"2\",\"text\":\"hi\"}",
		&in, &fail));
	assert_int_equal(in.ignored, 1);
	inbound_clear(&in);
	assert_true(read_body(ABOUT_RECEIPT, STATUS, "{\"channel\":\"messenger\"}", &in, &fail));
	assert_int_equal(in.ignored, 1);
	inbound_clear(&in);
}

static void broken_characters_are_shown_not_lost(void **state)
{
	struct inbound in;
	struct fail fail;

	(void)state;
	assert_true(read_text("{" MESSAGE ",\"text\":\"die\\u0000now\"}", &in, &fail));
	assert_string_equal(in.texts[0].body, "die\xef\xbf\xbdnow");
	assert_true(in.texts[0].repaired);
	inbound_clear(&in);
	assert_true(read_text("{" MESSAGE ",\"text\":\"a\xffz\"}", &in, &fail));
	assert_string_equal(in.texts[0].body, "a\xef\xbf\xbdz");
	assert_true(in.texts[0].repaired);
	inbound_clear(&in);
}

static void what_does_not_fit_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"", "no JSON"},
		{"hello", "no JSON"},
		{"{", "no JSON"},
		{"[]", "no JSON object"},
		{"{" MESSAGE ",\"text\":\"a\",\"text\":\"b\"}", "no JSON"},
		{"{" MESSAGE "}", "text is missing"},
		{"{" MESSAGE ",\"text\":null}", "text is no text"},
		{"{" MESSAGE ",\"text\":[\"a\"]}", "text is no text"},
		{"{\"from\":\"1\",\"to\":\"2\",\"text\":\"a\"}", "message_uuid is missing"},
		{"{\"message_uuid\":\"a b\",\"from\":\"1\",\"to\":\"2\",\"text\":\"a\"}",
			"message_uuid is malformed"},
		{"{\"message_uuid\":\"\",\"from\":\"1\",\"to\":\"2\",\"text\":\"a\"}",
			"message_uuid is empty"},
		{"{\"message_uuid\":\"m\",\"to\":\"2\",\"text\":\"a\"}", "from is missing"},
		{"{\"message_uuid\":\"m\",\"from\":\"1\",\"text\":\"a\"}", "to is missing"},
		{"{\"message_uuid\":\"m\",\"from\":{\"type\":\"sms\"},\"to\":\"2\",\"text\":\"a\"}",
			"from is no text"},
		{"{\"message_uuid\":\"m\",\"from\":\"1\\u00002\",\"to\":\"2\",\"text\":\"a\"}",
			"from is"},
		{"{\"message_uuid\":\"m\",\"from\":\"1234567890123456789012345678901234567890\","
		 "\"to\":\"2\",\"text\":\"a\"}",
			"from is"},
	};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(read_text(bad[i][0], &in, &fail));
		if (!strstr(fail.text, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], fail.text);
		inbound_clear(&in);
	}
}

static void absurd_sizes_are_refused(void **state)
{
	size_t size = 100000;
	char *deep = xcalloc(1, size + 1);
	char *body = xcalloc(1, size + 512);
	struct inbound in;
	struct fail fail;

	(void)state;
	memset(deep, '[', size);
	assert_false(read_text(deep, &in, &fail));
	inbound_clear(&in);
	memset(deep, 'a', size);
	snprintf(body, size + 512, "{" MESSAGE ",\"text\":\"%s\"}", deep);
	assert_false(read_text(body, &in, &fail));
	assert_non_null(strstr(fail.text, "longer than any text"));
	inbound_clear(&in);
	free(deep);
	free(body);
}

/* --- receipts -------------------------------------------------------------------------------- */

static bool read_receipt(const char *query, const char *body, struct inbound *in)
{
	char *url = xasprintf("%s%s", STATUS, query);
	struct fail fail;
	bool done = read_body(ABOUT_RECEIPT, url, body, in, &fail);

	free(url);
	return done;
}

#define RECEIPT                                                                                    \
	"\"message_uuid\":\"m-1\",\"to\":\"12025550111\",\"from\":\"12025550100\","                \
	"\"timestamp\":\"2026-02-16T09:36:07Z\",\"channel\":\"sms\""

static void every_state_becomes_one_of_ours(void **state)
{
	static const struct {
		const char *told, *status;
		enum answer_kind why;
	} table[] = {{"submitted", "sent", ANSWER_ACCEPTED},
		{"delivered", "delivered", ANSWER_ACCEPTED}, {"read", "read", ANSWER_ACCEPTED},
		{"rejected", "failed", ANSWER_UNKNOWN},
		{"undeliverable", "undelivered", ANSWER_UNKNOWN},
		{"something_new", "queued", ANSWER_ACCEPTED}};
	struct inbound in;
	char body[512], id[64];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(body, sizeof(body), "{" RECEIPT ",\"status\":\"%s\"}", table[i].told);
		snprintf(id, sizeof(id), "vonage:acct:m-1:%s", table[i].told);
		assert_true(read_receipt("", body, &in));
		assert_string_equal(in.receipts[0].event_id, id);
		assert_string_equal(in.receipts[0].provider_id, "m-1");
		assert_string_equal(in.receipts[0].status, table[i].status);
		assert_int_equal(in.receipts[0].why, table[i].why);
		assert_int_equal(in.receipts[0].error, 0);
		assert_string_equal(in.receipts[0].to, "+12025550111");
		inbound_clear(&in);
	}
}

static void every_reason_is_told_apart(void **state)
{
	static const struct {
		const char *error;
		int code;
		enum answer_kind why;
	} table[] = {
		{"{\"title\":1240}", 1240, ANSWER_OPTED_OUT},
		{"{\"title\":\"1240\"}", 1240, ANSWER_OPTED_OUT},
		{"{\"type\":\"https://v/api-errors/messages#1240\",\"title\":\"Illegal Number\"}",
			1240, ANSWER_OPTED_OUT},
		{"{\"type\":\"https://v/messages#1340\",\"title\":1340}", 1340, ANSWER_ACCOUNT},
		{"{\"title\":\"1000\"}", 1000, ANSWER_RATE},
		{"{\"title\":\"1030\"}", 1030, ANSWER_BUSY},
		{"{\"title\":\"1050\"}", 1050, ANSWER_BLOCKED},
		{"{\"title\":\"1090\"}", 1090, ANSWER_CONTENT},
		{"{\"title\":\"1100\"}", 1100, ANSWER_BUSY},
		{"{\"title\":\"1120\"}", 1120, ANSWER_ACCOUNT},
		{"{\"title\":\"1170\"}", 1170, ANSWER_BAD_NUMBER},
		{"{\"title\":\"1180\"}", 1180, ANSWER_NETWORK},
		{"{\"title\":\"1190\"}", 1190, ANSWER_BAD_NUMBER},
		{"{\"title\":\"1200\"}", 1200, ANSWER_NETWORK},
		{"{\"title\":\"1210\"}", 1210, ANSWER_CONTENT},
		{"{\"title\":\"1220\"}", 1220, ANSWER_NETWORK},
		{"{\"title\":\"1230\"}", 1230, ANSWER_NETWORK},
		{"{\"title\":\"1241\"}", 1241, ANSWER_RATE},
		{"{\"title\":\"1250\"}", 1250, ANSWER_ACCOUNT},
		{"{\"title\":\"1260\"}", 1260, ANSWER_BAD_NUMBER},
		{"{\"title\":\"1270\"}", 1270, ANSWER_BLOCKED},
		{"{\"title\":\"1280\"}", 1280, ANSWER_BLOCKED},
		{"{\"title\":\"1290\"}", 1290, ANSWER_NETWORK},
		{"{\"title\":\"1300\"}", 1300, ANSWER_BAD_NUMBER},
		{"{\"title\":\"1310\"}", 1310, ANSWER_BAD_NUMBER},
		{"{\"title\":\"1320\"}", 1320, ANSWER_UNKNOWN},
		{"{\"title\":\"1330\"}", 1330, ANSWER_UNKNOWN},
		{"{\"title\":\"1360\"}", 1360, ANSWER_NETWORK},
		{"{\"title\":\"9999\"}", 9999, ANSWER_ACCOUNT},
		{"{\"title\":\"new\",\"type\":\"https://v/messages#new\"}", 0, ANSWER_UNKNOWN},
		{"{\"title\":\"new\",\"type\":\"https://v/messages#12 40\"}", 0, ANSWER_UNKNOWN},
		{"{\"title\":\"new\",\"type\":\"https://v/#99999999999\"}", 0, ANSWER_UNKNOWN},
		{"[]", 0, ANSWER_UNKNOWN},
		{"null", 0, ANSWER_UNKNOWN},
	};
	struct inbound in;
	char body[512];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(body, sizeof(body), "{" RECEIPT ",\"status\":\"rejected\",\"error\":%s}",
			table[i].error);
		assert_true(read_receipt("", body, &in));
		if (in.receipts[0].why != table[i].why || in.receipts[0].error != table[i].code)
			fail_msg("%s: %s %d", table[i].error, answer_kind_name(in.receipts[0].why),
				in.receipts[0].error);
		inbound_clear(&in);
	}
}

/* The reference is signed, the URL is not. */
static void our_ids_are_taken_from_the_reference_first(void **state)
{
	static const struct {
		const char *query, *ref, *job;
		int attempt;
	} table[] = {
		{OURS, ",\"client_ref\":\"p2a-0123456789abcdef.7.2\"", "p2a-0123456789abcdef.7", 2},
		{OURS, ",\"client_ref\":\"p2a-0123456789abcdef.8.1\"", "p2a-0123456789abcdef.8", 1},
		{"", ",\"client_ref\":\"p2a-0123456789abcdef.8.1\"", "p2a-0123456789abcdef.8", 1},
		{OURS, "", "p2a-0123456789abcdef.7", 2},
		{OURS, ",\"client_ref\":null", "p2a-0123456789abcdef.7", 2},
		{OURS, ",\"client_ref\":\"somebody else\"", "", 0},
		{"", "", "", 0},
		{"?a=x", "", "", 0},
		{"?a=x&a=y&j=z&n=1", "", "", 0},
	};
	struct inbound in;
	char body[512];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct inbound_receipt *r;

		snprintf(body, sizeof(body), "{" RECEIPT ",\"status\":\"delivered\"%s}",
			table[i].ref);
		assert_true(read_receipt(table[i].query, body, &in));
		r = &in.receipts[0];
		assert_string_equal(r->actor, *table[i].job ? "p2a-0123456789abcdef" : "");
		assert_string_equal(r->job, table[i].job);
		assert_int_equal(r->attempt, table[i].attempt);
		inbound_clear(&in);
	}
}

static void a_receipt_that_does_not_fit_is_refused(void **state)
{
	static const char *const bad[] = {"{" RECEIPT "}", "{" RECEIPT ",\"status\":\"\"}",
		"{" RECEIPT ",\"status\":\"a b\"}", "{" RECEIPT ",\"status\":{}}",
		"{" RECEIPT ",\"status\":\"far too long to be any state\"}",
		"{\"status\":\"delivered\"}", "{\"message_uuid\":\"m/1\",\"status\":\"delivered\"}",
		"{" RECEIPT ",\"status\":\"delivered\",\"client_ref\":[]}"};
	struct inbound in;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(read_receipt(OURS, bad[i], &in));
		inbound_clear(&in);
	}
}

/* --- sending --------------------------------------------------------------------------------- */

static const struct outbound_text outbound = {.to = "+12025550111",
	.from = "+12025550100",
	.body = "a & \"b\" \xc3\xa9",
	.actor = "p2a-0123456789abcdef",
	.job = "p2a-0123456789abcdef.7",
	.attempt = 2,
	.callback_url = STATUS OURS,
	.validity_s = 3600,
	.now_s = NOW,
	.entropy = 0x123456789abcdef0};

static void a_text_is_written_as_vonage_wants_it(void **state)
{
	struct account account = adapter_account("vonage", "secret", NULL);
	struct provider_request request;

	(void)state;
	provider_vonage.build(&account, &outbound, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://api.example.org/v1/messages");
	assert_string_equal(request.type, "application/json");
	assert_string_equal(request.body,
		"{\"message_type\":\"text\",\"channel\":\"sms\",\"to\":\"12025550111\","
		"\"from\":\"12025550100\",\"text\":\"a & \\\"b\\\" \xc3\xa9\","
		"\"client_ref\":\"p2a-0123456789abcdef.7.2\",\"webhook_url\":\"" STATUS OURS
		"\",\"ttl\":3600}");
	assert_string_equal(request.user, "acct");
	assert_string_equal(request.password, "api secret");
	assert_null(request.headers[0].name);
	provider_request_clear(&request);
}

static void what_is_not_asked_for_is_left_out(void **state)
{
	static const struct {
		int64_t validity_s;
		const char *end;
	} table[] = {{0, "\"text\":\"x\"}"}, {-1, "\"text\":\"x\"}"},
		{5, "\"text\":\"x\",\"ttl\":20}"}, {INT64_MAX, "\"text\":\"x\",\"ttl\":604800}"}};
	struct account account = adapter_account("vonage", "secret", NULL);
	struct provider_request request;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct outbound_text text = {.to = "+12025550111",
			.from = "24273",
			.body = "x",
			.job = "a job whose name is longer than 40 letters",
			.validity_s = table[i].validity_s};

		provider_vonage.build(&account, &text, &request);
		assert_null(strstr(request.body, "client_ref"));
		assert_string_equal(strstr(request.body, "\"text\":\"x\""), table[i].end);
		provider_request_clear(&request);
	}
}

static void check_token(const char *token, const char *pem)
{
	const char *dot = strchr(token, '.'), *end = strrchr(token, '.');
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[512], plain[1024];
	size_t len = 0, read = 0;
	json_t *claims;

	assert_true(base64url_read(end + 1, strlen(end + 1), signature, sizeof(signature), &len));
	assert_int_equal(EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(context, signature, len, (const unsigned char *)token,
				 (size_t)(end - token)),
		1);
	assert_true(base64url_read(dot + 1, (size_t)(end - dot - 1), plain, sizeof(plain), &read));
	claims = json_loadb((const char *)plain, read, 0, NULL);
	assert_int_equal(json_object_size(claims), 4);
	assert_string_equal(jwt_text(claims, "application_id"), "app-1");
	assert_string_equal(jwt_text(claims, "jti"), "123456789abcdef0-68e77800");
	assert_int_equal(jwt_seconds(claims, "iat"), NOW);
	assert_int_equal(jwt_seconds(claims, "exp"), NOW + 900);
	json_decref(claims);
	EVP_MD_CTX_free(context);
	EVP_PKEY_free(key);
	BIO_free(bio);
}

static void an_application_signs_its_requests(void **state)
{
	struct account account = adapter_account("vonage", "secret", NULL);
	struct provider_request request;

	(void)state;
	text_set(account.application, sizeof(account.application), "app-1");
	account.private_key = adapter_key();
	provider_vonage.build(&account, &outbound, &request);
	assert_null(request.user);
	assert_null(request.password);
	assert_string_equal(request.headers[0].name, "Authorization");
	assert_int_equal(strncmp(request.headers[0].value, "Bearer ", 7), 0);
	check_token(request.headers[0].value + 7, account.private_key);
	assert_null(request.headers[1].name);
	assert_null(strstr(request.body, "app-1"));
	provider_request_clear(&request);
	account_clear(&account);
}

static void a_key_that_is_none_leaves_key_and_secret(void **state)
{
	struct account account = adapter_account("vonage", "secret", NULL);
	struct provider_request request;

	(void)state;
	account.private_key = xstrdup("-----BEGIN PRIVATE KEY-----\nAA==\n");
	provider_vonage.build(&account, &outbound, &request);
	assert_string_equal(request.user, "acct");
	assert_null(request.headers[0].name);
	provider_request_clear(&request);
	account_clear(&account);
}

/* --- answers --------------------------------------------------------------------------------- */

static void only_an_id_in_a_2xx_means_accepted(void **state)
{
	struct provider_answer answer =
		adapter_answer(&provider_vonage, 202, "{\"message_uuid\":\"aaaa-bbbb\"}");
	static const struct {
		int status;
		const char *body;
	} unknown[] = {{202, ""}, {202, "{}"}, {202, "{\"message_uuid\":\"aaaa-bb"},
		{202, "{\"message_uuid\":\"\"}"}, {202, "{\"message_uuid\":\"a b\"}"},
		{202, "{\"message_uuid\":[]}"}, {202, "[\"aaaa\"]"}, {200, "<html>ok</html>"},
		{302, "{\"message_uuid\":\"aaaa-bbbb\"}"}, {100, ""}, {0, ""}};

	(void)state;
	assert_int_equal(answer.kind, ANSWER_ACCEPTED);
	assert_string_equal(answer.provider_id, "aaaa-bbbb");
	assert_int_equal(answer.error, 0);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(
			adapter_answer(&provider_vonage, unknown[i].status, unknown[i].body).kind,
			ANSWER_UNKNOWN);
}

static void refusals_are_told_apart(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum answer_kind kind;
		int error;
	} table[] = {
		{401,
			"{\"type\":\"https://v/api-errors/"
			"#unauthorized\",\"title\":\"Unauthorized\"}",
			ANSWER_ACCOUNT, 0},
		{401, "", ANSWER_ACCOUNT, 0},
		{402, "{\"type\":\"https://v/api-errors/#low-balance\",\"title\":\"Low balance\"}",
			ANSWER_ACCOUNT, 0},
		{403, "<html>", ANSWER_ACCOUNT, 0},
		{422, "{\"type\":\"https://v/messages#1120\",\"title\":\"Illegal sender\"}",
			ANSWER_ACCOUNT, 1120},
		{422, "{\"type\":\"https://v/messages#1170\",\"title\":\"Invalid Msisdn\"}",
			ANSWER_BAD_NUMBER, 1170},
		{422, "{\"type\":\"https://v/messages#1240\",\"title\":\"Illegal number\"}",
			ANSWER_OPTED_OUT, 1240},
		{422,
			"{\"type\":\"https://v/messages#1150\",\"title\":\"Invalid params\","
			"\"invalid_parameters\":[{\"name\":\"to\",\"reason\":\"r\"}]}",
			ANSWER_BAD_NUMBER, 1150},
		{422,
			"{\"title\":\"Invalid params\","
			"\"invalid_parameters\":[{\"name\":\"text\"}]}",
			ANSWER_CONTENT, 0},
		{422, "{\"title\":\"Invalid params\",\"invalid_parameters\":[{\"name\":\"from\"}]}",
			ANSWER_ACCOUNT, 0},
		{422, "{\"title\":\"Invalid params\",\"invalid_parameters\":{}}", ANSWER_ACCOUNT,
			0},
		{429, "{\"type\":\"https://v/messages#1000\",\"title\":\"Throttled\"}", ANSWER_RATE,
			1000},
		{429, "", ANSWER_RATE, 0},
		{422, "<html>a proxy</html>", ANSWER_UNKNOWN, 0},
		{404, "<html>a proxy</html>", ANSWER_UNKNOWN, 0},
		{422, "{\"title\":\"Inva", ANSWER_UNKNOWN, 0},
		{408, "{\"title\":\"Timeout\"}", ANSWER_UNKNOWN, 0},
		{500, "{\"type\":\"https://v/messages#1030\",\"title\":\"Internal error\"}",
			ANSWER_UNKNOWN, 1030},
		{503, "", ANSWER_UNKNOWN, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct provider_answer answer =
			adapter_answer(&provider_vonage, table[i].status, table[i].body);

		if (answer.kind != table[i].kind || answer.error != table[i].error)
			fail_msg("%d %s: %s %d", table[i].status, table[i].body,
				answer_kind_name(answer.kind), answer.error);
		assert_string_equal(answer.provider_id, "");
	}
}

static void it_is_found_by_its_name(void **state)
{
	(void)state;
	assert_ptr_equal(provider_find("vonage"), &provider_vonage);
	assert_false(provider_vonage.takes_get);
	assert_null(provider_vonage.errand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_read),
		cmocka_unit_test(equal_words_are_two_events),
		cmocka_unit_test(pictures_come_with_their_caption),
		cmocka_unit_test(other_channels_are_none_of_ours),
		cmocka_unit_test(broken_characters_are_shown_not_lost),
		cmocka_unit_test(what_does_not_fit_is_named),
		cmocka_unit_test(absurd_sizes_are_refused),
		cmocka_unit_test(every_state_becomes_one_of_ours),
		cmocka_unit_test(every_reason_is_told_apart),
		cmocka_unit_test(our_ids_are_taken_from_the_reference_first),
		cmocka_unit_test(a_receipt_that_does_not_fit_is_refused),
		cmocka_unit_test(a_text_is_written_as_vonage_wants_it),
		cmocka_unit_test(what_is_not_asked_for_is_left_out),
		cmocka_unit_test(an_application_signs_its_requests),
		cmocka_unit_test(a_key_that_is_none_leaves_key_and_secret),
		cmocka_unit_test(only_an_id_in_a_2xx_means_accepted),
		cmocka_unit_test(refusals_are_told_apart),
		cmocka_unit_test(it_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
