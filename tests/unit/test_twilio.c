/* Twilio's adapter: what is made of webhooks, texts and answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <strings.h>
#include <warmline/fail.h>
#include <warmline/provider.h>

#define TOKEN   "614a59f732de20d40c32fa4ec06b665a"
#define ACCOUNT "AC00000000000000000000000000000001"
#define SID     "SM00000000000000000000000000000001"
#define URL     "https://sms.example.org/twilio/sms"

/* --- a webhook in a test's hands ------------------------------------------------------------- */

struct posted {
	struct webhook webhook;
	struct form form, query;
	char signature[64];
	const char *token;
};

static const char *header_of_posted(const void *headers, const char *name)
{
	const struct posted *posted = headers;

	if (strcasecmp(name, "I-Twilio-Idempotency-Token") == 0)
		return posted->token;
	return strcasecmp(name, "X-Twilio-Signature") == 0 ? posted->signature : NULL;
}

static struct posted *post(const char *url, const char *body)
{
	struct posted *posted = calloc(1, sizeof(*posted));
	const char *query = strchr(url, '?');

	assert_int_equal(form_parse(&posted->form, body, strlen(body)), FORM_OK);
	query = query ? query + 1 : "";
	assert_int_equal(form_parse(&posted->query, query, strlen(query)), FORM_OK);
	posted->webhook = (struct webhook){.method = "POST",
		.url = url,
		.header = header_of_posted,
		.headers = posted,
		.body = body,
		.body_len = strlen(body),
		.form = &posted->form,
		.query = &posted->query};
	return posted;
}

static void post_free(struct posted *posted)
{
	form_free(&posted->form);
	form_free(&posted->query);
	free(posted);
}

static struct account account_with(const char *first)
{
	struct account account = {.kind = "twilio", .api_url = "https://api.example.org"};

	snprintf(account.id, sizeof(account.id), "%s", ACCOUNT);
	snprintf(account.api_secret, sizeof(account.api_secret), "%s", first);
	snprintf(account.secrets[0], sizeof(account.secrets[0]), "%s", first);
	account.nsecrets = 1;
	return account;
}

/* --- texts ----------------------------------------------------------------------------------- */

#define COMMON "AccountSid=" ACCOUNT "&MessageSid=" SID "&From=%2B12025550111&To=%2B12025550100"

/* What a webhook brings as its one text; false with a sentence. */
static bool inbound(const char *body, struct inbound_text *text, struct fail *fail)
{
	struct account account = account_with(TOKEN);
	struct posted *posted = post(URL, body);
	struct inbound in = {.ntexts = 0};
	bool done;

	posted->token = "token-1";
	done = provider_twilio.read(&account, &posted->webhook, &in, fail);
	if (done) {
		assert_int_equal(in.ntexts, 1);
		*text = in.texts[0];
		in.ntexts = 0; /* the caller has it now */
	}
	inbound_clear(&in);
	post_free(posted);
	return done;
}

static void inbound_text_clear(struct inbound_text *text)
{
	free(text->body);
	json_decref(text->media);
}

static void every_field_that_matters_is_kept(void **state)
{
	struct inbound_text text;
	const json_t *second;

	(void)state;
	assert_true(inbound(COMMON "&Body=look+%F0%9F%91%8D&NumMedia=2&OptOutType=STOP"
				   "&MediaUrl0=https%3A%2F%2Fa%2F0&MediaContentType0=image%2Fpng"
				   "&MediaUrl1=https%3A%2F%2Fa%2F1",
		&text, NULL));
	assert_string_equal(text.event_id, "twilio:" ACCOUNT ":" SID ":text");
	assert_string_equal(text.provider_id, SID);
	assert_string_equal(text.from, "+12025550111");
	assert_string_equal(text.to, "+12025550100");
	assert_string_equal(text.body, "look \xf0\x9f\x91\x8d");
	assert_false(text.repaired);
	assert_string_equal(text.opt_out, "STOP");
	assert_string_equal(text.token, "token-1");
	assert_int_equal(json_array_size(text.media), 2);
	second = json_array_get(text.media, 1);
	assert_string_equal(json_string_value(json_object_get(second, "url")), "https://a/1");
	assert_string_equal(json_string_value(json_object_get(second, "type")), "");
	inbound_text_clear(&text);
}

static void two_texts_with_equal_words_are_two_events(void **state)
{
	struct inbound_text one, other;

	(void)state;
	assert_true(inbound(COMMON "&Body=help", &one, NULL));
	assert_true(inbound("AccountSid=" ACCOUNT "&MessageSid=SM02&From=%2B12025550111"
			    "&To=%2B12025550100&Body=help",
		&other, NULL));
	assert_string_not_equal(one.event_id, other.event_id);
	inbound_text_clear(&one);
	inbound_text_clear(&other);
}

static void what_is_missing_or_repeated_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"AccountSid=" ACCOUNT "&MessageSid=" SID "&To=1&Body=x", "From is missing"},
		{"AccountSid=" ACCOUNT "&MessageSid=" SID "&From=1&Body=x", "To is missing"},
		{"AccountSid=" ACCOUNT "&From=1&To=2&Body=x", "MessageSid is missing"},
		{"MessageSid=" SID "&From=1&To=2&Body=x", "AccountSid is missing"},
		{COMMON, "Body is missing"},
		{COMMON "&Body=x&Body=y", "Body is there more than once"},
		{COMMON "&Body=x&From=2", "From is there more than once"},
		{COMMON "&Body=x&MessageSid=SM2", "MessageSid is there more than once"},
		{COMMON "&Body=x&NumMedia=1&NumMedia=2", "NumMedia is there more than once"},
		{COMMON "&Body=x&OptOutType=STOP&OptOutType=START", "OptOutType is there more"},
		{COMMON "&Body=x&NumMedia=-1", "NumMedia is no number"},
		{"AccountSid=AC2&MessageSid=" SID "&From=1&To=2&Body=x", "another account"},
		{"AccountSid=" ACCOUNT "&MessageSid=a:b&From=1&To=2&Body=x", "MessageSid is malf"},
		{"AccountSid=" ACCOUNT "&MessageSid=" SID "&From=1%002&To=2&Body=x", "From is"},
	};
	struct inbound_text text;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(inbound(bad[i][0], &text, &fail));
		assert_non_null(strstr(fail.text, bad[i][1]));
	}
}

static void an_empty_body_is_a_text(void **state)
{
	struct inbound_text text;

	(void)state;
	assert_true(inbound(COMMON "&Body=", &text, NULL));
	assert_string_equal(text.body, "");
	inbound_text_clear(&text);
}

static void an_absurd_count_of_media_is_capped(void **state)
{
	struct inbound_text text;

	(void)state;
	assert_true(inbound(
		COMMON "&Body=x&NumMedia=99999999999&MediaUrl0=a&MediaUrl11=b", &text, NULL));
	assert_int_equal(json_array_size(text.media), 1);
	inbound_text_clear(&text);
}

static void broken_characters_are_shown_not_lost(void **state)
{
	static const char *const repairs[][2] = {
		{"die%00now", "die\xef\xbf\xbdnow"},
		{"a%FFb", "a\xef\xbf\xbd"
			  "b"},
		{"%C0%AF", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"%ED%A0%80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"%F5%80%80%80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"x%E2%82", "x\xef\xbf\xbd\xef\xbf\xbd"},
	};
	struct inbound_text text;
	char body[512];

	(void)state;
	for (size_t i = 0; i < sizeof(repairs) / sizeof(repairs[0]); i++) {
		json_t *value;

		snprintf(body, sizeof(body), "%s&Body=%s", COMMON, repairs[i][0]);
		assert_true(inbound(body, &text, NULL));
		assert_string_equal(text.body, repairs[i][1]);
		assert_true(text.repaired);
		value = json_string(text.body);
		assert_non_null(value);
		json_decref(value);
		inbound_text_clear(&text);
	}
}

static void a_long_text_that_came_as_base64_is_read(void **state)
{
	struct inbound_text text;
	const char *rest = "&From=1&To=2&AccountSid=" ACCOUNT
			   "&Body=SSB3YW50IHRvIGRpZSB0b25pZ2h0LCBwbGVhc2UgaGVscA%3D%3D";
	char body[512];

	(void)state;
	snprintf(body, sizeof(body), "MessageSid=MM01%s", rest);
	assert_true(inbound(body, &text, NULL));
	assert_string_equal(text.body, "I want to die tonight, please help");
	inbound_text_clear(&text);
	snprintf(body, sizeof(body), "MessageSid=SM01%s", rest);
	assert_true(inbound(body, &text, NULL));
	assert_string_equal(text.body, "SSB3YW50IHRvIGRpZSB0b25pZ2h0LCBwbGVhc2UgaGVscA==");
	inbound_text_clear(&text);
}

/* --- receipts -------------------------------------------------------------------------------- */

static bool receipt(const char *url, const char *body, struct inbound_receipt *r)
{
	struct account account = account_with(TOKEN);
	struct posted *posted = post(url, body);
	struct inbound in = {.ntexts = 0};
	bool done;

	posted->webhook.about = ABOUT_RECEIPT;
	done = provider_twilio.read(&account, &posted->webhook, &in, NULL);
	if (done) {
		assert_int_equal(in.nreceipts, 1);
		*r = in.receipts[0];
	}
	inbound_clear(&in);
	post_free(posted);
	return done;
}

static void a_receipt_carries_our_own_ids(void **state)
{
	struct inbound_receipt r;

	(void)state;
	assert_true(receipt("https://a/s?a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=2",
		"AccountSid=" ACCOUNT "&MessageSid=" SID
		"&MessageStatus=undelivered&SmsStatus=undelivered&ErrorCode=30003",
		&r));
	assert_string_equal(r.event_id, "twilio:" ACCOUNT ":" SID ":undelivered");
	assert_string_equal(r.actor, "p2a-0123456789abcdef");
	assert_string_equal(r.job, "p2a-0123456789abcdef.7");
	assert_int_equal(r.attempt, 2);
	assert_string_equal(r.status, "undelivered");
	assert_int_equal(r.error, 30003);
	assert_int_equal(r.why, ANSWER_NETWORK);
}

static void a_receipt_without_our_ids_has_none(void **state)
{
	struct inbound_receipt r;
	const char *body = "AccountSid=" ACCOUNT "&MessageSid=" SID "&MessageStatus=sent";

	(void)state;
	assert_true(receipt("https://a/s", body, &r));
	assert_string_equal(r.actor, "");
	assert_true(receipt("https://a/s?a=x&a=y&j=z&n=1", body, &r));
	assert_string_equal(r.actor, "");
	assert_string_equal(r.job, "");
}

static void states_of_the_provider_become_ours(void **state)
{
	static const char *const states[][2] = {{"accepted", "queued"}, {"queued", "queued"},
		{"sending", "queued"}, {"sent", "sent"}, {"delivered", "delivered"},
		{"undelivered", "undelivered"}, {"failed", "failed"}, {"canceled", "failed"},
		{"read", "read"}, {"something_new", "queued"}};
	struct inbound_receipt r;
	char body[256];

	(void)state;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		snprintf(body, sizeof(body),
			"AccountSid=" ACCOUNT "&MessageSid=" SID "&MessageStatus=%s", states[i][0]);
		assert_true(receipt("https://a/s", body, &r));
		assert_string_equal(r.status, states[i][1]);
	}
	assert_false(receipt("https://a/s", "AccountSid=" ACCOUNT "&MessageSid=" SID, &r));
}

/* --- sending --------------------------------------------------------------------------------- */

static void a_text_is_written_as_twilio_wants_it(void **state)
{
	struct account account = account_with("secret");
	struct outbound_text text = {.to = "+12025550111",
		.from = "+12025550100",
		.body = "a & b \xc3\xa9",
		.callback_url = "https://w/twilio/status?a=1&j=2",
		.validity_s = 3600};
	struct provider_request request;

	(void)state;
	provider_twilio.build(&account, &text, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url,
		"https://api.example.org/2010-04-01/Accounts/" ACCOUNT "/Messages.json");
	assert_string_equal(request.body,
		"To=%2B12025550111&From=%2B12025550100&Body=a%20%26%20b%20%C3%A9"
		"&StatusCallback=https%3A%2F%2Fw%2Ftwilio%2Fstatus%3Fa%3D1%26j%3D2"
		"&ValidityPeriod=3600");
	assert_string_equal(request.user, ACCOUNT);
	assert_string_equal(request.password, "secret");
	provider_request_clear(&request);
}

static enum answer_kind kind_of(int status, const char *body)
{
	struct provider_answer answer;

	provider_twilio.answer(NULL, &(struct provider_reply){status, body, strlen(body)}, &answer);
	return answer.kind;
}

static void only_an_id_in_a_2xx_means_accepted(void **state)
{
	struct provider_answer answer;
	const char *body = "{\"sid\":\"SM1\",\"status\":\"queued\"}";

	(void)state;
	provider_twilio.answer(NULL, &(struct provider_reply){201, body, strlen(body)}, &answer);
	assert_int_equal(answer.kind, ANSWER_ACCEPTED);
	assert_string_equal(answer.provider_id, "SM1");
	assert_int_equal(kind_of(201, ""), ANSWER_UNKNOWN);
	assert_int_equal(kind_of(201, "{\"status\":\"queued\"}"), ANSWER_UNKNOWN);
	assert_int_equal(kind_of(201, "{\"sid\":\"SM1\""), ANSWER_UNKNOWN);
	assert_int_equal(kind_of(200, "<html>hello</html>"), ANSWER_UNKNOWN);
	assert_int_equal(kind_of(302, body), ANSWER_UNKNOWN);
}

static void refusals_are_told_apart(void **state)
{
	static const struct {
		int status, code;
		enum answer_kind kind;
	} table[] = {{400, 21610, ANSWER_OPTED_OUT}, {400, 21211, ANSWER_BAD_NUMBER},
		{400, 21614, ANSWER_BAD_NUMBER}, {400, 21612, ANSWER_BAD_NUMBER},
		{400, 21617, ANSWER_CONTENT}, {401, 20003, ANSWER_ACCOUNT},
		{400, 21408, ANSWER_ACCOUNT}, {400, 30034, ANSWER_ACCOUNT},
		{429, 20429, ANSWER_RATE}, {400, 21611, ANSWER_RATE}, {400, 30023, ANSWER_BUSY},
		{400, 99999, ANSWER_ACCOUNT}, {500, 20500, ANSWER_UNKNOWN},
		{503, 20503, ANSWER_UNKNOWN}, {408, 1, ANSWER_UNKNOWN}};
	char body[128];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		snprintf(body, sizeof(body), "{\"code\":%d,\"message\":\"m\",\"status\":%d}",
			table[i].code, table[i].status);
		assert_int_equal(kind_of(table[i].status, body), table[i].kind);
	}
	assert_int_equal(kind_of(429, ""), ANSWER_RATE);
	assert_int_equal(kind_of(400, "<html>a proxy</html>"), ANSWER_UNKNOWN);
	assert_int_equal(kind_of(500, ""), ANSWER_UNKNOWN);
}

/* --- errands --------------------------------------------------------------------------------- */

static enum errand_state errand(enum errand_kind kind, int step, int status, const char *body,
	struct inbound_receipt *receipt)
{
	struct account account = account_with("secret");
	struct errand e = {.kind = kind, .provider_id = SID};

	*receipt = (struct inbound_receipt){.attempt = 0};
	return provider_twilio.errand_answer(
		&account, &e, step, &(struct provider_reply){status, body, strlen(body)}, receipt);
}

static void a_stuck_text_is_looked_up(void **state)
{
	struct account account = account_with("secret");
	struct errand e = {.kind = ERRAND_LOOK_UP, .provider_id = SID};
	struct provider_request request;
	struct inbound_receipt r;

	(void)state;
	assert_true(provider_twilio.errand(&account, &e, 0, &request));
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.url,
		"https://api.example.org/2010-04-01/Accounts/" ACCOUNT "/Messages/" SID ".json");
	provider_request_clear(&request);
	assert_int_equal(errand(ERRAND_LOOK_UP, 0, 200,
				 "{\"sid\":\"" SID "\",\"status\":\"undelivered\","
				 "\"error_code\":30006}",
				 &r),
		ERRAND_DONE);
	assert_string_equal(r.status, "undelivered");
	assert_int_equal(r.why, ANSWER_BAD_NUMBER);
	assert_string_equal(r.event_id, "twilio:" ACCOUNT ":" SID ":undelivered");
	assert_int_equal(errand(ERRAND_LOOK_UP, 0, 404, "{}", &r), ERRAND_NEVER);
	assert_int_equal(errand(ERRAND_LOOK_UP, 0, 500, "", &r), ERRAND_LATER);
	assert_int_equal(errand(ERRAND_LOOK_UP, 0, 200, "<html>", &r), ERRAND_LATER);
}

static void words_are_taken_away_and_that_is_read_back(void **state)
{
	struct account account = account_with("secret");
	struct errand e = {.kind = ERRAND_REDACT, .provider_id = SID};
	struct provider_request request;
	struct inbound_receipt r;

	(void)state;
	assert_true(provider_twilio.errand(&account, &e, 0, &request));
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.body, "Body=");
	provider_request_clear(&request);
	assert_true(provider_twilio.errand(&account, &e, 1, &request));
	assert_string_equal(request.method, "GET");
	provider_request_clear(&request);
	assert_int_equal(errand(ERRAND_REDACT, 0, 200, "{\"body\":\"\"}", &r), ERRAND_NEXT);
	assert_int_equal(errand(ERRAND_REDACT, 1, 200, "{\"body\":\"\"}", &r), ERRAND_DONE);
	assert_int_equal(errand(ERRAND_REDACT, 1, 200, "{\"body\":\"hi\"}", &r), ERRAND_LATER);
	assert_int_equal(errand(ERRAND_REDACT, 1, 200, "{}", &r), ERRAND_LATER);
	assert_int_equal(errand(ERRAND_REDACT, 0, 409, "{}", &r), ERRAND_LATER);
	assert_int_equal(errand(ERRAND_REDACT, 0, 401, "{}", &r), ERRAND_NEVER);
	e.provider_id = "../Calls";
	assert_false(provider_twilio.errand(&account, &e, 0, &request));
}

static void a_provider_is_found_by_its_kind(void **state)
{
	(void)state;
	assert_ptr_equal(provider_find("twilio"), &provider_twilio);
	assert_null(provider_find("carrier pigeon"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_that_matters_is_kept),
		cmocka_unit_test(two_texts_with_equal_words_are_two_events),
		cmocka_unit_test(what_is_missing_or_repeated_is_named),
		cmocka_unit_test(an_empty_body_is_a_text),
		cmocka_unit_test(an_absurd_count_of_media_is_capped),
		cmocka_unit_test(broken_characters_are_shown_not_lost),
		cmocka_unit_test(a_long_text_that_came_as_base64_is_read),
		cmocka_unit_test(a_receipt_carries_our_own_ids),
		cmocka_unit_test(a_receipt_without_our_ids_has_none),
		cmocka_unit_test(states_of_the_provider_become_ours),
		cmocka_unit_test(a_text_is_written_as_twilio_wants_it),
		cmocka_unit_test(only_an_id_in_a_2xx_means_accepted),
		cmocka_unit_test(refusals_are_told_apart),
		cmocka_unit_test(a_stuck_text_is_looked_up),
		cmocka_unit_test(words_are_taken_away_and_that_is_read_back),
		cmocka_unit_test(a_provider_is_found_by_its_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
