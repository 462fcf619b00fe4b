/* SignalWire's adapter: what is made of its webhooks and answers, and what goes out. */
#include "tests/lib/posted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/fail.h>

#define KEY     "PSK_4b7b6f4b0b1f4c0f"
#define PROJECT "1e5556f8-dc9d-4c12-bcbd-c2ba3a46892d"
#define SID     "af4f5fca-d109-4b98-ac04-54fc7aeeaadc"
#define URL     "https://sms.example.org/w/main/sms"
#define STATUS  "https://sms.example.org/w/main/status"

static const struct account account = {.kind = "signalwire",
	.name = "main",
	.api_url = "https://space.example.org",
	.id = PROJECT,
	.api_secret = "PT0123",
	.secrets = {KEY},
	.nsecrets = 1};
static const struct provider *const provider = &provider_signalwire;

/* --- texts ----------------------------------------------------------------------------------- */

#define COMMON "MessageSid=" SID "&AccountSid=" PROJECT "&From=%2B12025550111&To=%2B12025550100"

static void check_text(struct inbound *inbound, const char *body)
{
	const struct inbound_text *text = inbound->texts;

	assert_int_equal(inbound->ntexts, 1);
	assert_int_equal(inbound->nreceipts + inbound->ignored, 0);
	assert_string_equal(text->event_id, "signalwire:" PROJECT ":" SID ":text");
	assert_string_equal(text->provider_id, SID);
	assert_string_equal(text->from, "+12025550111");
	assert_string_equal(text->to, "+12025550100");
	assert_string_equal(text->body, body);
	assert_string_equal(text->opt_out, "");
}

static void a_text_is_read_from_a_form(void **state)
{
	const char *body = COMMON "&SmsSid=" SID "&Body=todo+bien+%F0%9F%91%8D&NumMedia=1"
				  "&NumSegments=1&MediaUrl0=https%3A%2F%2Fm%2F0"
				  "&MediaContentType0=image%2Fjpeg";
	struct inbound inbound;
	const json_t *media;

	(void)state;
	assert_true(posted_read(
		posted_form(ABOUT_TEXT, URL, body), provider, &account, &inbound, NULL));
	check_text(&inbound, "todo bien \xf0\x9f\x91\x8d");
	media = json_array_get(inbound.texts->media, 0);
	assert_string_equal(json_string_value(json_object_get(media, "url")), "https://m/0");
	assert_string_equal(json_string_value(json_object_get(media, "type")), "image/jpeg");
	inbound_clear(&inbound);
}

static void a_text_may_come_by_get(void **state)
{
	struct posted *posted = posted_get(ABOUT_TEXT, URL "?" COMMON "&Body=hello");
	struct inbound inbound;

	(void)state;
	assert_true(provider->takes_get);
	assert_true(posted_read(posted, provider, &account, &inbound, NULL));
	check_text(&inbound, "hello");
	inbound_clear(&inbound);
}

static void fields_of_the_url_are_no_fields_of_a_post(void **state)
{
	struct posted *posted = posted_form(ABOUT_TEXT, URL "?" COMMON, "Body=hello");

	(void)state;
	posted_refused(posted, provider, &account, "AccountSid is missing");
}

static void what_is_wrong_with_a_form_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"MessageSid=" SID "&AccountSid=" PROJECT "&To=1&Body=x", "From is missing"},
		{"MessageSid=" SID "&AccountSid=" PROJECT "&From=1&Body=x", "To is missing"},
		{"AccountSid=" PROJECT "&From=1&To=2&Body=x", "MessageSid is missing"},
		{"MessageSid=" SID "&From=1&To=2&Body=x", "AccountSid is missing"},
		{"MessageSid=" SID "&AccountSid=" SID "&From=1&To=2&Body=x", "another account"},
		{"MessageSid=a%2Fb&AccountSid=" PROJECT "&From=1&To=2&Body=x", "malformed"},
		{COMMON, "Body is missing"},
		{COMMON "&Body=x&Body=y", "Body is there more than once"},
		{COMMON "&Body=x&From=%2B12025550199", "From is there more than once"},
		{COMMON "&Body=x&MessageSid=" SID, "MessageSid is there more than once"},
		{"MessageSid=" SID "&AccountSid=" PROJECT "&From=1%002&To=2&Body=x", "From is"},
		{"MessageSid=" SID "&AccountSid=" PROJECT "&From=&To=2&Body=x", "From is empty"},
		{"MessageSid=" SID "&AccountSid=" PROJECT
		 "&From=1234567890123456789012345678901234567890&To=2&Body=x",
			"From is"},
		{"", "AccountSid is missing"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		posted_refused(
			posted_form(ABOUT_TEXT, URL, bad[i][0]), provider, &account, bad[i][1]);
}

static void absurd_lengths_are_refused(void **state)
{
	char *filler = xcalloc(1, 20001), *body;

	(void)state;
	memset(filler, 'x', 20000);
	body = xasprintf("%s&Body=%s", COMMON, filler);
	posted_refused(posted_form(ABOUT_TEXT, URL, body), provider, &account, "longer than any");
	free(body);
	body = xasprintf("{\"message\":{\"id\":\"%s\",\"from\":\"1\",\"to\":\"2\"}}", filler);
	posted_refused(posted_json(ABOUT_TEXT, URL, body), provider, &account, "id is");
	free(body);
	body = xasprintf("MessageSid=%s&AccountSid=%s&From=1&To=2&Body=x", filler, PROJECT);
	posted_refused(posted_form(ABOUT_TEXT, URL, body), provider, &account, "MessageSid is");
	free(body);
	free(filler);
}

static void broken_characters_are_shown_not_lost(void **state)
{
	struct inbound inbound;

	(void)state;
	assert_true(posted_read(posted_form(ABOUT_TEXT, URL, COMMON "&Body=die%00now%FF"), provider,
		&account, &inbound, NULL));
	check_text(&inbound, "die\xef\xbf\xbdnow\xef\xbf\xbd");
	assert_true(inbound.texts->repaired);
	inbound_clear(&inbound);
}

/* --- SWML ------------------------------------------------------------------------------------ */

#define MESSAGE "\"id\":\"" SID "\",\"from\":\"+12025550111\",\"to\":\"+12025550100\""

static void a_text_is_read_from_swml(void **state)
{
	const char *body = "{\"message\":{" MESSAGE ",\"body\":\"a\\u0000b\",\"media\":["
			   "{\"url\":\"https://m/0\"},\"https://m/1\",7]},\"vars\":{},\"envs\":{}}";
	struct inbound inbound;
	const json_t *media;

	(void)state;
	assert_true(posted_read(
		posted_json(ABOUT_TEXT, URL, body), provider, &account, &inbound, NULL));
	check_text(&inbound, "a\xef\xbf\xbd"
			     "b");
	assert_int_equal(json_array_size(inbound.texts->media), 2);
	media = json_array_get(inbound.texts->media, 1);
	assert_string_equal(json_string_value(json_object_get(media, "url")), "https://m/1");
	inbound_clear(&inbound);
}

static void a_picture_needs_no_words(void **state)
{
	static const char *const bodies[] = {"{\"message\":{" MESSAGE
					     ",\"media\":[{\"url\":\"u\"}]}}",
		"{\"message\":{" MESSAGE ",\"body\":null,\"media\":[\"u\"]}}"};
	struct inbound inbound;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_true(posted_read(posted_json(ABOUT_TEXT, URL, bodies[i]), provider, &account,
			&inbound, NULL));
		check_text(&inbound, "");
		assert_int_equal(json_array_size(inbound.texts->media), 1);
		inbound_clear(&inbound);
	}
}

static void a_call_is_ignored_not_refused(void **state)
{
	struct inbound inbound;

	(void)state;
	assert_true(posted_read(
		posted_json(ABOUT_TEXT, URL, "{\"call\":{\"call_id\":\"1\"},\"vars\":{}}"),
		provider, &account, &inbound, NULL));
	assert_int_equal(inbound.ntexts, 0);
	assert_int_equal(inbound.ignored, 1);
	inbound_clear(&inbound);
}

static void what_is_wrong_with_swml_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"{\"message\":{" MESSAGE "}}", "body is missing"},
		{"{\"message\":{" MESSAGE ",\"body\":7}}", "body is no text"},
		{"{\"message\":{\"from\":\"1\",\"to\":\"2\",\"body\":\"x\"}}", "id is missing"},
		{"{\"message\":{\"id\":\"1\",\"to\":\"2\",\"body\":\"x\"}}", "from is missing"},
		{"{\"message\":{\"id\":\"1\",\"from\":\"1\",\"body\":\"x\"}}", "to is missing"},
		{"{\"message\":{\"id\":\"a/b\",\"from\":\"1\",\"to\":\"2\",\"body\":\"x\"}}",
			"id is malformed"},
		{"{\"message\":{\"id\":\"1\\u0000\",\"from\":\"1\",\"to\":\"2\",\"body\":\"x\"}}",
			"id is"},
		{"{\"message\":{" MESSAGE ",\"body\":\"x\",\"body\":\"y\"}}", "no JSON"},
		{"{\"message\":{" MESSAGE ",\"body\":\"x\"}", "no JSON"},
		{"<Response/>", "no JSON"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		posted_refused(
			posted_json(ABOUT_TEXT, URL, bad[i][0]), provider, &account, bad[i][1]);
	posted_refused(posted_json(ABOUT_RECEIPT, STATUS, "{\"message\":{" MESSAGE "}}"), provider,
		&account, "no form");
}

/* --- receipts -------------------------------------------------------------------------------- */

static struct inbound_receipt receipt_of(const char *url, const char *fields)
{
	char *body = xasprintf("%s&%s", COMMON, fields);
	struct inbound inbound;
	struct inbound_receipt receipt;

	assert_true(posted_read(
		posted_form(ABOUT_RECEIPT, url, body), provider, &account, &inbound, NULL));
	assert_int_equal(inbound.nreceipts, 1);
	assert_int_equal(inbound.ntexts + inbound.ignored, 0);
	receipt = inbound.receipts[0];
	inbound_clear(&inbound);
	free(body);
	return receipt;
}

static void a_receipt_tells_what_became_of_which_text(void **state)
{
	struct inbound_receipt receipt = receipt_of(STATUS
		"?a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=2",
		"MessageStatus=undelivered&ErrorCode=30003&Body=x&NumMedia=0&NumSegments=1");

	(void)state;
	assert_string_equal(receipt.event_id, "signalwire:" PROJECT ":" SID ":undelivered");
	assert_string_equal(receipt.provider_id, SID);
	assert_string_equal(receipt.actor, "p2a-0123456789abcdef");
	assert_string_equal(receipt.job, "p2a-0123456789abcdef.7");
	assert_int_equal(receipt.attempt, 2);
	assert_string_equal(receipt.to, "+12025550100");
	assert_string_equal(receipt.status, "undelivered");
	assert_int_equal(receipt.why, ANSWER_NETWORK);
	assert_int_equal(receipt.error, 30003);
	receipt = receipt_of(STATUS, "MessageStatus=sent");
	assert_string_equal(receipt.actor, "");
	assert_string_equal(receipt.job, "");
}

static void states_of_the_provider_become_ours(void **state)
{
	static const struct {
		const char *fields, *status;
		enum answer_kind why;
	} table[] = {{"MessageStatus=queued", "queued", ANSWER_ACCEPTED},
		{"MessageStatus=sending", "queued", ANSWER_ACCEPTED},
		{"MessageStatus=sent", "sent", ANSWER_ACCEPTED},
		{"MessageStatus=sent&ErrorCode=30003", "sent", ANSWER_ACCEPTED},
		{"MessageStatus=delivered", "delivered", ANSWER_ACCEPTED},
		{"SmsStatus=delivered", "delivered", ANSWER_ACCEPTED},
		{"MessageStatus=undelivered", "undelivered", ANSWER_UNKNOWN},
		{"MessageStatus=failed", "failed", ANSWER_UNKNOWN},
		{"MessageStatus=failed&ErrorCode=21610", "failed", ANSWER_OPTED_OUT},
		{"MessageStatus=failed&ErrorCode=30005", "failed", ANSWER_BAD_NUMBER},
		{"MessageStatus=failed&ErrorCode=30007", "failed", ANSWER_CONTENT},
		{"MessageStatus=failed&ErrorCode=99999", "failed", ANSWER_ACCOUNT},
		{"MessageStatus=receiving", "queued", ANSWER_ACCEPTED},
		{"MessageStatus=something-new", "queued", ANSWER_ACCEPTED}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct inbound_receipt receipt = receipt_of(STATUS, table[i].fields);

		assert_string_equal(receipt.status, table[i].status);
		assert_int_equal(receipt.why, table[i].why);
	}
}

static void a_receipt_that_says_nothing_is_refused(void **state)
{
	(void)state;
	posted_refused(posted_form(ABOUT_RECEIPT, STATUS, COMMON), provider, &account,
		"SmsStatus is missing");
	posted_refused(posted_form(ABOUT_RECEIPT, STATUS, COMMON "&MessageStatus=a%20b"), provider,
		&account, "MessageStatus is malformed");
	posted_refused(posted_form(ABOUT_RECEIPT, STATUS,
			       COMMON "&MessageStatus=sent&MessageStatus=failed"),
		provider, &account, "more than once");
}

/* --- sending --------------------------------------------------------------------------------- */

static void a_text_is_written_as_signalwire_wants_it(void **state)
{
	struct outbound_text text = {.to = "+12025550111",
		.from = "+12025550100",
		.body = "a & b \xc3\xa9",
		.callback_url = "https://w/status?a=1&j=2&n=1",
		.validity_s = 99999};
	struct provider_request request;

	(void)state;
	provider->build(&account, &text, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url,
		"https://space.example.org/api/laml/2010-04-01/Accounts/" PROJECT "/Messages.json");
	assert_string_equal(request.type, "application/x-www-form-urlencoded");
	assert_string_equal(request.body,
		"To=%2B12025550111&From=%2B12025550100&Body=a%20%26%20b%20%C3%A9"
		"&StatusCallback=https%3A%2F%2Fw%2Fstatus%3Fa%3D1%26j%3D2%26n%3D1"
		"&ValidityPeriod=14400");
	assert_string_equal(request.user, PROJECT);
	assert_string_equal(request.password, "PT0123");
	assert_null(request.headers[0].name);
	provider_request_clear(&request);
}

static struct provider_answer answer_of(int status, const char *body)
{
	struct provider_reply reply = {status, body, strlen(body)};
	struct provider_answer answer;

	provider->answer(&account, &reply, &answer);
	return answer;
}

static void only_an_id_in_a_2xx_means_accepted(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum answer_kind kind;
	} table[] = {{201, "{\"sid\":\"" SID "\",\"status\":\"queued\"}", ANSWER_ACCEPTED},
		{201, "{\"status\":\"queued\"}", ANSWER_UNKNOWN},
		{201, "{\"sid\":\"" SID "\"", ANSWER_UNKNOWN}, {201, "", ANSWER_UNKNOWN},
		{200, "<html>hello</html>", ANSWER_UNKNOWN},
		{302, "{\"sid\":\"" SID "\"}", ANSWER_UNKNOWN},
		{400, "{\"code\":\"21610\",\"message\":\"m\"}", ANSWER_OPTED_OUT},
		{400, "{\"code\":21211,\"message\":\"m\"}", ANSWER_BAD_NUMBER},
		{422, "{\"code\":99999,\"message\":\"m\"}", ANSWER_ACCOUNT},
		{400, "{\"message\":\"m\"}", ANSWER_ACCOUNT}, {401, "", ANSWER_ACCOUNT},
		{400, "<html>a proxy</html>", ANSWER_UNKNOWN},
		{404, "<html>a proxy</html>", ANSWER_UNKNOWN},
		{408, "{\"code\":21211}", ANSWER_UNKNOWN}, {429, "", ANSWER_RATE},
		{429, "{\"code\":20429}", ANSWER_RATE}, {500, "{\"code\":21211}", ANSWER_UNKNOWN},
		{502, "<html>", ANSWER_UNKNOWN}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct provider_answer answer = answer_of(table[i].status, table[i].body);

		if (answer.kind != table[i].kind)
			fail_msg("%d %s: %s", table[i].status, table[i].body,
				answer_kind_name(answer.kind));
		assert_string_equal(answer.provider_id, answer.kind == ANSWER_ACCEPTED ? SID : "");
	}
	assert_int_equal(answer_of(400, "{\"code\":\"21610\"}").error, 21610);
}

/* --- errands --------------------------------------------------------------------------------- */

#define MESSAGE_URL                                                                                \
	"https://space.example.org/api/laml/2010-04-01/Accounts/" PROJECT "/Messages/" SID ".json"

static void errands_go_to_the_message(void **state)
{
	struct errand look = {ERRAND_LOOK_UP, SID, "+12025550111"};
	struct errand redact = {ERRAND_REDACT, SID, "+12025550111"};
	struct errand odd = {ERRAND_LOOK_UP, "a/../b", "+12025550111"};
	struct provider_request request;

	(void)state;
	assert_true(provider->errand(&account, &look, 0, &request));
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.url, MESSAGE_URL);
	assert_string_equal(request.password, "PT0123");
	provider_request_clear(&request);
	assert_true(provider->errand(&account, &redact, 0, &request));
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, MESSAGE_URL);
	assert_string_equal(request.body, "Body=");
	provider_request_clear(&request);
	assert_true(provider->errand(&account, &redact, 1, &request));
	assert_string_equal(request.method, "GET");
	provider_request_clear(&request);
	assert_false(provider->errand(&account, &odd, 0, &request));
}

static enum errand_state after(
	enum errand_kind kind, int step, int status, const char *body, struct inbound_receipt *into)
{
	struct errand errand = {kind, SID, "+12025550111"};
	struct provider_reply reply = {status, body, strlen(body)};

	*into = (struct inbound_receipt){.attempt = 0};
	return provider->errand_answer(&account, &errand, step, &reply, into);
}

static void a_look_up_is_a_receipt(void **state)
{
	struct inbound_receipt receipt;

	(void)state;
	assert_int_equal(
		after(ERRAND_LOOK_UP, 0, 200,
			"{\"sid\":\"" SID "\",\"status\":\"failed\",\"error_code\":\"30005\"}",
			&receipt),
		ERRAND_DONE);
	assert_string_equal(receipt.event_id, "signalwire:" PROJECT ":" SID ":failed");
	assert_string_equal(receipt.status, "failed");
	assert_int_equal(receipt.why, ANSWER_BAD_NUMBER);
	assert_int_equal(after(ERRAND_LOOK_UP, 0, 404, "", &receipt), ERRAND_NEVER);
	assert_int_equal(after(ERRAND_LOOK_UP, 0, 200, "<html>", &receipt), ERRAND_LATER);
	assert_int_equal(after(ERRAND_LOOK_UP, 0, 500, "", &receipt), ERRAND_LATER);
}

static void words_are_gone_when_they_read_back_empty(void **state)
{
	struct inbound_receipt receipt;

	(void)state;
	assert_int_equal(after(ERRAND_REDACT, 0, 200, "{}", &receipt), ERRAND_NEXT);
	assert_int_equal(
		after(ERRAND_REDACT, 1, 200, "{\"body\":\"hello\"}", &receipt), ERRAND_LATER);
	assert_int_equal(after(ERRAND_REDACT, 1, 200, "{\"body\":\"\"}", &receipt), ERRAND_DONE);
	assert_int_equal(after(ERRAND_REDACT, 1, 200, "{\"body\":null}", &receipt), ERRAND_DONE);
	assert_int_equal(after(ERRAND_REDACT, 1, 404, "", &receipt), ERRAND_DONE);
	assert_int_equal(after(ERRAND_REDACT, 1, 200, "", &receipt), ERRAND_LATER);
}

static void it_is_found_and_needs_its_own_address(void **state)
{
	(void)state;
	assert_ptr_equal(provider_find("signalwire"), provider);
	assert_null(provider->api_url);
	assert_int_equal(provider->needs, NEED_ID | NEED_API_SECRET | NEED_WEBHOOK | NEED_API_URL);
	assert_false(provider->one_secret); /* the signing key opens no API */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_read_from_a_form),
		cmocka_unit_test(a_text_may_come_by_get),
		cmocka_unit_test(fields_of_the_url_are_no_fields_of_a_post),
		cmocka_unit_test(what_is_wrong_with_a_form_is_named),
		cmocka_unit_test(absurd_lengths_are_refused),
		cmocka_unit_test(broken_characters_are_shown_not_lost),
		cmocka_unit_test(a_text_is_read_from_swml),
		cmocka_unit_test(a_picture_needs_no_words),
		cmocka_unit_test(a_call_is_ignored_not_refused),
		cmocka_unit_test(what_is_wrong_with_swml_is_named),
		cmocka_unit_test(a_receipt_tells_what_became_of_which_text),
		cmocka_unit_test(states_of_the_provider_become_ours),
		cmocka_unit_test(a_receipt_that_says_nothing_is_refused),
		cmocka_unit_test(a_text_is_written_as_signalwire_wants_it),
		cmocka_unit_test(only_an_id_in_a_2xx_means_accepted),
		cmocka_unit_test(errands_go_to_the_message),
		cmocka_unit_test(a_look_up_is_a_receipt),
		cmocka_unit_test(words_are_gone_when_they_read_back_empty),
		cmocka_unit_test(it_is_found_and_needs_its_own_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
