/* Kannel's adapter: what its get-url, post-url and dlr-url bring, what sendsms is asked and says.
 * Recorded from Kannel 1.4.5 where tests/system/test_kannel.py shows it again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/lib/hook.h"
#include <warmline/fail.h>

#define ID   "fc5f9e36-0529-4fd2-9c2b-4cc34f34c511"
#define FROM "&from=%2B12025550111&to=%2B12025550100"
#define SMS  "/sms?id=" ID "&ts=1795824839" FROM
#define FFFD "\xef\xbf\xbd"

static struct account account_made(void)
{
	return (struct account){.kind = "kannel",
		.id = "warmline",
		.api_url = "http://127.0.0.1:13013",
		.api_secret = "pass word",
		.path_tokens = {"token"},
		.npath_tokens = 1};
}

static bool read_hook(const struct hook *hook, struct inbound *inbound, struct fail *fail)
{
	struct account account = account_made();

	*inbound = (struct inbound){.texts = NULL};
	return provider_kannel.read(&account, &hook->webhook, inbound, fail);
}

static bool get(const char *target, struct inbound *inbound, struct fail *fail)
{
	struct hook hook;
	bool done;

	hook_open(&hook, "GET", target, NULL, "", 0);
	done = read_hook(&hook, inbound, fail);
	hook_close(&hook);
	return done;
}

/* --- texts by get-url ------------------------------------------------------------------------- */

static void a_text_is_taken_as_kannel_hands_it_over(void **state)
{
	struct inbound in;

	(void)state;
	assert_true(get(SMS "&coding=-1&charset=UTF-8&text=I+want++to+%C3%A9", &in, NULL));
	assert_int_equal(in.ntexts, 1);
	assert_int_equal(in.nreceipts, 0);
	assert_string_equal(in.texts[0].event_id, "kannel:warmline:" ID ":text");
	assert_string_equal(in.texts[0].provider_id, ID);
	assert_string_equal(in.texts[0].from, "+12025550111");
	assert_string_equal(in.texts[0].to, "+12025550100");
	assert_string_equal(in.texts[0].body, "I want  to \xc3\xa9");
	assert_string_equal(in.texts[0].opt_out, "");
	assert_string_equal(in.texts[0].token, "");
	assert_string_equal(in.texts[0].part.ref, "");
	assert_false(in.texts[0].repaired);
	inbound_clear(&in);
}

static void words_are_read_in_every_charset_and_never_lost(void **state)
{
	static const struct {
		const char *query, *body;
		bool repaired;
	} cases[] = {
		{"coding=0&charset=UTF-8&text=%C3%A9%F0%9F%91%8D", "\xc3\xa9\xf0\x9f\x91\x8d",
			false},
		{"coding=0&charset=GSM&text=hi+%C3%A9", "hi \xc3\xa9", false},
		{"coding=0&text=hi", "hi", false},
		{"coding=0&charset=UTF-8&text=", "", false},
		{"text=a%FFb", "a" FFFD "b", true},
		{"text=die%00now", "die" FFFD "now", true},
		/* coding 2: UTF-16BE, by its name or without one. */
		{"coding=2&charset=UTF-16BE&text=%D8%3D%DC%4D%00h", "\xf0\x9f\x91\x8dh", false},
		{"coding=2&text=%00h%00%E9", "h\xc3\xa9", false},
		{"coding=2&charset=utf-16be&text=", "", false},
		{"coding=2&charset=UTF-16BE&text=%00h%00", "h" FFFD, true},
		{"coding=2&charset=UTF-16BE&text=%D8%3D%00h", FFFD "h", true},
		{"coding=2&charset=UTF-16BE&text=%00h%DC%4D", "h" FFFD, true},
		{"coding=2&charset=UTF-16BE&text=%00h%00%00%00i", "h" FFFD "i", true},
		{"coding=2&charset=UTF-16LE&text=h%00%E9%00", "h\xc3\xa9", false},
		/* The charset says more than the coding: mo-recode. */
		{"coding=2&charset=UTF-8&text=%C3%A9", "\xc3\xa9", false},
		{"coding=0&charset=WINDOWS-1252&text=%80+%E9", "\xe2\x82\xac \xc3\xa9", false},
		{"coding=0&charset=iso-8859-1&text=%E9", "\xc3\xa9", false},
		/* What is no words, and what nobody knows. */
		{"coding=1&charset=8-BIT&text=%00%FFh", FFFD FFFD "h", true},
		{"coding=0&charset=../../x&text=hi+%E9", "hi " FFFD, true},
	};
	struct inbound in;
	char target[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(target, sizeof(target), "%s&%s", SMS, cases[i].query);
		if (!get(target, &in, NULL) || strcmp(in.texts[0].body, cases[i].body) != 0 ||
			in.texts[0].repaired != cases[i].repaired)
			fail_msg(
				"%s: %s", cases[i].query, in.ntexts ? in.texts[0].body : "refused");
		inbound_clear(&in);
	}
}

static void numbers_become_international(void **state)
{
	static const char *const numbers[][2] = {{"0012025550111", "+12025550111"},
		{"12025550111", "+12025550111"}, {"%2B12025550111", "+12025550111"},
		{"20205", "20205"}, {"Bank", "Bank"}, {"00x", "00x"}};
	struct inbound in;
	char target[256];

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		snprintf(target, sizeof(target), "/sms?id=1&from=%s&to=%s&text=x", numbers[i][0],
			numbers[i][0]);
		assert_true(get(target, &in, NULL));
		assert_string_equal(in.texts[0].from, numbers[i][1]);
		assert_string_equal(in.texts[0].to, numbers[i][1]);
		inbound_clear(&in);
	}
}

/* --- ids -------------------------------------------------------------------------------------- */

static void event_id_of(const char *query, char id[EVENT_ID_SIZE])
{
	struct inbound in;
	char target[256];

	snprintf(target, sizeof(target), "/sms?%s%s", query,
		strstr(query, "to=") ? "" : "&to=%2B12025550100");
	assert_true(get(target, &in, NULL));
	snprintf(id, EVENT_ID_SIZE, "%s", in.texts[0].event_id);
	inbound_clear(&in);
}

static void without_an_id_the_same_text_is_one_event_and_another_is_not(void **state)
{
	static const char *const others[] = {"id=&from=%2B12025550111&ts=7&text=hero",
		"id=&from=%2B12025550111&ts=8&text=help", "id=&from=%2B12025550112&ts=7&text=help",
		"id=&from=%2B12025550111&to=20205&ts=7&text=help",
		"id=&from=%2B12025550111&text=help"};
	static const char *const same[] = {"id=0&from=%2B12025550111&ts=7&text=help",
		"id=00000000-0000-0000-0000-000000000000&from=%2B12025550111&ts=7&text=help",
		"from=12025550111&ts=7&text=help"};
	char id[EVENT_ID_SIZE], other[EVENT_ID_SIZE];

	(void)state;
	event_id_of("id=&from=%2B12025550111&ts=7&text=help", id);
	assert_ptr_equal(strstr(id, "kannel:warmline:hash."), id);
	assert_null(strstr(id, "help"));
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		event_id_of(same[i], other);
		assert_string_equal(id, other);
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		event_id_of(others[i], other);
		assert_string_not_equal(id, other);
	}
}

static void without_id_and_time_equal_texts_of_two_moments_are_two(void **state)
{
	struct hook hook;
	struct inbound one, other;

	(void)state;
	hook_open(&hook, "GET", "/sms?id=&ts=" FROM "&text=help", NULL, "", 0);
	assert_true(read_hook(&hook, &one, NULL));
	hook.webhook.now_s++;
	assert_true(read_hook(&hook, &other, NULL));
	assert_string_not_equal(one.texts[0].event_id, other.texts[0].event_id);
	inbound_clear(&one);
	inbound_clear(&other);
	hook_close(&hook);
}

/* --- texts by post-url ------------------------------------------------------------------------ */

static void post(struct hook *hook, const char *target, const char *type, const char *coding,
	const char *body, size_t len)
{
	hook_open(hook, "POST", target, type, body, len);
	hook_header(hook, "X-Kannel-From", "0012025550111");
	hook_header(hook, "X-Kannel-To", "+12025550100");
	hook_header(hook, "X-Kannel-Time", "2026-11-28 00:14:13");
	if (coding)
		hook_header(hook, "X-Kannel-Coding", coding);
}

static void a_text_may_come_as_body_with_headers(void **state)
{
	static const struct {
		const char *type, *coding, *body;
		size_t len;
		const char *words;
	} cases[] = {
		{"text/plain; charset=\"UTF-8\"", NULL, "I want  to \xc3\xa9", 13,
			"I want  to \xc3\xa9"},
		{"text/plain; charset=\"UTF-16BE\"", "2", "\xd8=\xdcM\0h", 6, "\xf0\x9f\x91\x8dh"},
		{"text/plain; charset=\"UTF-16BE\"", NULL, "\0h", 2, "h"},
		{"text/plain;charset=UTF-16BE; x=y", NULL, "\0h", 2, "h"},
		{"text/plain", "2", "\0h", 2, "h"},
		{"application/octet-stream", "1", "\0\xffh", 3, FFFD FFFD "h"},
		{"text/plain; charset=\"UTF-8\"", "0", "", 0, ""},
		{NULL, NULL, "a&b=c", 5, "a&b=c"},
	};
	struct hook hook;
	struct inbound in;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		post(&hook, "/sms?id=" ID, cases[i].type, cases[i].coding, cases[i].body,
			cases[i].len);
		assert_true(read_hook(&hook, &in, NULL));
		assert_string_equal(in.texts[0].body, cases[i].words);
		assert_string_equal(in.texts[0].from, "+12025550111");
		assert_string_equal(in.texts[0].to, "+12025550100");
		assert_string_equal(in.texts[0].event_id, "kannel:warmline:" ID ":text");
		inbound_clear(&in);
		hook_close(&hook);
	}
}

static void the_time_in_a_header_makes_an_id_too(void **state)
{
	struct hook hook;
	struct inbound one, other;

	(void)state;
	post(&hook, "/sms", "text/plain", NULL, "help", 4);
	assert_true(read_hook(&hook, &one, NULL));
	hook.webhook.now_s++;
	assert_true(read_hook(&hook, &other, NULL));
	assert_string_equal(one.texts[0].event_id, other.texts[0].event_id);
	inbound_clear(&one);
	inbound_clear(&other);
	hook_close(&hook);
}

/* --- receipts --------------------------------------------------------------------------------- */

#define OURS   "a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=2"
#define STATUS "/status?" OURS

static void every_state_and_every_word_of_an_smsc_is_read(void **state)
{
	static const struct {
		const char *query, *status;
		enum answer_kind why;
		int error;
	} cases[] = {
		{"d=1&t=id:1+sub:001+stat:DELIVRD+err:000+text:hi", "delivered", ANSWER_ACCEPTED,
			0},
		{"d=8&t=ACK%2F", "sent", ANSWER_ACCEPTED, 0},
		{"d=8", "sent", ANSWER_ACCEPTED, 0},
		{"d=4&t=stat:ACCEPTD", "queued", ANSWER_ACCEPTED, 0},
		{"d=2&t=id:1+stat:UNDELIV+err:027", "undelivered", ANSWER_UNKNOWN, 27},
		{"d=2&t=stat:EXPIRED+err:1", "undelivered", ANSWER_NETWORK, 1},
		{"d=2&t=Stat:expired+Err:1", "undelivered", ANSWER_NETWORK, 1},
		{"d=2&t=stat:REJECTD+err:0dc", "undelivered", ANSWER_UNKNOWN, 0},
		{"d=2&t=stat:DELETED+err:", "undelivered", ANSWER_UNKNOWN, 0},
		{"d=2&t=stat:EXPIREDX", "undelivered", ANSWER_UNKNOWN, 0},
		{"d=2", "undelivered", ANSWER_UNKNOWN, 0},
		{"d=2&t=err:99999999999", "undelivered", ANSWER_UNKNOWN, 0},
		{"d=2&t=%FF%00err:5", "undelivered", ANSWER_UNKNOWN, 0},
		{"d=16&t=NACK%2F0x0000000b%2FInvalid", "failed", ANSWER_BAD_NUMBER, 11},
		{"d=16&t=NACK%2F0x00000058%2FThrottling", "failed", ANSWER_RATE, 88},
		{"d=16&t=NACK%2F0x00000014%2FQueue+Full", "failed", ANSWER_BUSY, 20},
		{"d=16&t=NACK%2F0x0000000a%2FSource", "failed", ANSWER_ACCOUNT, 10},
		{"d=16&t=NACK%2F0xffffffffffffff%2F", "failed", ANSWER_UNKNOWN, INT32_MAX},
		{"d=16&t=NACK%2FMalformed", "failed", ANSWER_UNKNOWN, 0},
		{"d=16&t=NACK%2F", "failed", ANSWER_UNKNOWN, 0},
	};
	struct inbound in;
	char target[256], id[EVENT_ID_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(target, sizeof(target), STATUS "&%s", cases[i].query);
		assert_true(get(target, &in, NULL));
		assert_int_equal(in.nreceipts, 1);
		if (strcmp(in.receipts[0].status, cases[i].status) != 0 ||
			in.receipts[0].why != cases[i].why ||
			in.receipts[0].error != cases[i].error)
			fail_msg("%s: %s, %s, %d", cases[i].query, in.receipts[0].status,
				answer_kind_name(in.receipts[0].why), in.receipts[0].error);
		snprintf(id, sizeof(id), "kannel:warmline:p2a-0123456789abcdef.7.2:%d",
			(int)strtol(cases[i].query + 2, NULL, 10));
		assert_string_equal(in.receipts[0].event_id, id);
		inbound_clear(&in);
	}
}

static void a_receipt_finds_its_text(void **state)
{
	struct inbound in;

	(void)state;
	assert_true(get(STATUS "&d=1&t=", &in, NULL));
	assert_string_equal(in.receipts[0].actor, "p2a-0123456789abcdef");
	assert_string_equal(in.receipts[0].job, "p2a-0123456789abcdef.7");
	assert_int_equal(in.receipts[0].attempt, 2);
	assert_string_equal(in.receipts[0].provider_id, "-");
	inbound_clear(&in);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void what_is_missing_repeated_or_malformed_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"/sms?id=1&to=2&text=x", "from is missing"},
		{"/sms?id=1&from=&to=2&text=x", "from is empty"},
		{"/sms?id=1&from=1&text=x", "to is missing"},
		{"/sms?id=1&from=1&to=2", "text is missing"},
		{"/sms", "from is missing"},
		{"/sms?id=1&id=2&from=1&to=2&text=x", "id is there more than once"},
		{"/sms?id=1&from=1&from=2&to=2&text=x", "from is there more than once"},
		{"/sms?id=1&from=1&to=2&text=x&text=y", "text is there more than once"},
		{"/sms?id=1&from=1&to=2&text=x&charset=a&charset=b", "charset is there more"},
		{"/sms?id=1&from=1&to=2&text=x&coding=222222222222", "coding is empty, too long"},
		{"/sms?id=1&from=1%002&to=2&text=x", "from is empty, too long or malformed"},
		{"/sms?id=a%2Fb&from=1&to=2&text=x", "id is malformed"},
		{"/sms?id=1%0A&from=1&to=2&text=x", "id is malformed"},
		{"/sms?id=1&from=12345678901234567890123456789012&to=2&text=x",
			"from is empty, too"},
		{STATUS "&t=ACK", "d is missing"},
		{STATUS "&d=3", "d is no state"},
		{STATUS "&d=%25d", "d is no state"},
		{STATUS "&d=1&d=1", "d is there more than once"},
		{"/status?d=1", "a and j of our dlr-url"},
		{"/status?a=x&a=y&j=z&d=1", "a and j of our dlr-url"},
		{"/status?a=x&j=y%2F&d=1", "a and j of our dlr-url"},
		{"/status", "d is missing"},
	};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fail.text[0] = '\0';
		if (get(bad[i][0], &in, &fail) || !strstr(fail.text, bad[i][1]))
			fail_msg("%s: %s", bad[i][0], fail.text);
		inbound_clear(&in);
	}
}

static void absurd_lengths_are_refused_in_every_charset(void **state)
{
	static const char *const types[] = {
		"text/plain", "text/plain; charset=UTF-16BE", "application/octet-stream"};
	size_t len = 200000;
	char *body = xcalloc(1, len + 1);
	struct hook hook;
	struct inbound in;
	struct fail fail;

	(void)state;
	memset(body, 'x', len);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		post(&hook, "/sms?id=1", types[i], NULL, body, len);
		assert_false(read_hook(&hook, &in, &fail));
		assert_non_null(strstr(fail.text, "longer than any text"));
		inbound_clear(&in);
		hook.webhook.body_len = 40000; /* U+7878, 20,000 times: 60,000 bytes as UTF-8 */
		assert_false(read_hook(&hook, &in, &fail));
		inbound_clear(&in);
		hook.webhook.body_len = 10000;
		assert_true(read_hook(&hook, &in, &fail));
		inbound_clear(&in);
		hook_close(&hook);
	}
	free(body);
}

static void a_header_that_is_too_long_is_named(void **state)
{
	struct hook hook;
	struct inbound in;
	struct fail fail;

	(void)state;
	hook_open(&hook, "POST", "/sms?id=1&to=2", "text/plain", "x", 1);
	hook_header(&hook, "X-Kannel-From", "12345678901234567890123456789012");
	assert_false(read_hook(&hook, &in, &fail));
	assert_string_equal(fail.text, "X-Kannel-From is too long");
	inbound_clear(&in);
	hook_close(&hook);
}

static void nothing_unprotected_is_taken(void **state)
{
	struct account account = account_made();
	struct proof proof;
	struct hook hook;

	(void)state;
	hook_open(&hook, "GET", SMS "&text=x", NULL, "", 0);
	assert_true(provider_kannel.verify(&account, &hook.webhook, &proof));
	account.path_tokens[0][0] = '\0';
	assert_false(provider_kannel.verify(&account, &hook.webhook, &proof));
	account.npath_tokens = 0;
	assert_false(provider_kannel.verify(&account, &hook.webhook, &proof));
	assert_true(provider_kannel.needs & NEED_PATH_TOKEN);
	hook_close(&hook);
}

/* The body of an answer would be sent to the person. */
static void the_answer_to_kannel_has_no_body(void **state)
{
	(void)state;
	assert_null(provider_kannel.ok_body);
	assert_true(provider_kannel.takes_get);
	assert_ptr_equal(provider_find("kannel"), &provider_kannel);
}

/* --- sending ---------------------------------------------------------------------------------- */

#define SENDSMS "http://127.0.0.1:13013/cgi-bin/sendsms?username=warmline&password=pass%20word"
#define NUMBERS "&from=%2B12025550100&to=%2B12025550111"
#define DLR                                                                                        \
	"&dlr-mask=31&dlr-url=https%3A%2F%2Fw%2Fk%2Fstatus%3Fa%3D1%26j%3D2%26n%3D3%26d%3D%25d%"    \
	"26t%"                                                                                     \
	"3D%25A"

static void check_url(
	const struct account *account, const struct outbound_text *text, const char *url)
{
	struct provider_request request = {.url = NULL};

	provider_kannel.build(account, text, &request);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.url, url);
	assert_null(request.body);
	assert_null(request.user);
	assert_null(request.headers[0].name);
	provider_request_clear(&request);
}

static struct outbound_text text_made(const char *body)
{
	return (struct outbound_text){.to = "+12025550111",
		.from = "+12025550100",
		.body = body,
		.actor = "p2a-0123456789abcdef",
		.job = "p2a-0123456789abcdef.7",
		.attempt = 1,
		.callback_url = "https://w/k/status?a=1&j=2&n=3"};
}

static void a_text_is_asked_for_as_sendsms_wants_it(void **state)
{
	struct account account = account_made();
	struct outbound_text text = text_made("a & b \xc3\xa9");

	(void)state;
	text.validity_s = 3659;
	check_url(&account, &text,
		SENDSMS NUMBERS "&coding=0&charset=UTF-8&validity=60" DLR
				"&text=a%20%26%20b%20%C3%A9");
	text.validity_s = 5;
	text.body = "\xf0\x9f\x91\x8d";
	snprintf(account.application, sizeof(account.application), "modem 1");
	check_url(&account, &text,
		SENDSMS "&smsc=modem%201" NUMBERS "&coding=2&charset=UTF-8&validity=1" DLR
			"&text=%F0%9F%91%8D");
}

/* What Kannel would replace in it but %d and %A, it must find twice. */
static void escapes_in_our_own_address_survive_kannel(void **state)
{
	struct account account = account_made();
	struct outbound_text text = text_made("x");

	(void)state;
	text.callback_url = "https://w/%C3%A9/status";
	check_url(&account, &text,
		SENDSMS NUMBERS "&coding=0&charset=UTF-8&dlr-mask=31&dlr-url=https%3A%2F%2Fw%2F%25%"
				"25C3%25%25A9%2Fstatus%3Fd%3D%25d%26t%3D%25A&text=x");
}

static void what_kannel_answers_is_told_apart(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum answer_kind kind;
	} cases[] = {
		{202, "0: Accepted for delivery", ANSWER_ACCEPTED},
		{202, "3: Queued for later delivery", ANSWER_ACCEPTED},
		{200, "0: Accepted for delivery\n", ANSWER_ACCEPTED},
		{202, "0: Accepted for deli", ANSWER_UNKNOWN},
		{202, "Sent.", ANSWER_UNKNOWN},
		{202, "", ANSWER_UNKNOWN},
		{200, "<html>0: Accepted for delivery</html>", ANSWER_UNKNOWN},
		{400, "Missing receiver number, rejected", ANSWER_ACCOUNT},
		{400, "Sender missing and no global set, rejected", ANSWER_ACCOUNT},
		{400, "Number(s) has/have been denied by white- and/or black-lists.",
			ANSWER_ACCOUNT},
		{400, "Charset or body misformed, rejected", ANSWER_CONTENT},
		{400, "<html>rejected</html>", ANSWER_UNKNOWN},
		{400, "Bad Request", ANSWER_UNKNOWN},
		{400, "", ANSWER_UNKNOWN},
		{403, "Authorization failed for sendsms", ANSWER_ACCOUNT},
		{403, "Not routable. Do not try again.", ANSWER_ACCOUNT},
		{404, "", ANSWER_ACCOUNT},
		{429, "", ANSWER_RATE},
		{408, "", ANSWER_UNKNOWN},
		{503, "Temporal failure, try again later.", ANSWER_BUSY},
		{503, "<html>Temporal failure</html>", ANSWER_UNKNOWN},
		{503, "", ANSWER_UNKNOWN},
		{500, "Sending failed.", ANSWER_UNKNOWN},
		{502, "0: Accepted for delivery", ANSWER_UNKNOWN},
		{302, "0: Accepted for delivery", ANSWER_UNKNOWN},
	};
	struct account account = account_made();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct provider_reply reply = {
			cases[i].status, cases[i].body, strlen(cases[i].body)};
		struct provider_answer answer;

		provider_kannel.answer(&account, &reply, &answer);
		if (answer.kind != cases[i].kind)
			fail_msg("%d %s: %s", cases[i].status, cases[i].body,
				answer_kind_name(answer.kind));
		assert_string_equal(answer.provider_id, answer.kind == ANSWER_ACCEPTED ? "-" : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_taken_as_kannel_hands_it_over),
		cmocka_unit_test(words_are_read_in_every_charset_and_never_lost),
		cmocka_unit_test(numbers_become_international),
		cmocka_unit_test(without_an_id_the_same_text_is_one_event_and_another_is_not),
		cmocka_unit_test(without_id_and_time_equal_texts_of_two_moments_are_two),
		cmocka_unit_test(a_text_may_come_as_body_with_headers),
		cmocka_unit_test(the_time_in_a_header_makes_an_id_too),
		cmocka_unit_test(every_state_and_every_word_of_an_smsc_is_read),
		cmocka_unit_test(a_receipt_finds_its_text),
		cmocka_unit_test(what_is_missing_repeated_or_malformed_is_named),
		cmocka_unit_test(absurd_lengths_are_refused_in_every_charset),
		cmocka_unit_test(a_header_that_is_too_long_is_named),
		cmocka_unit_test(nothing_unprotected_is_taken),
		cmocka_unit_test(the_answer_to_kannel_has_no_body),
		cmocka_unit_test(a_text_is_asked_for_as_sendsms_wants_it),
		cmocka_unit_test(escapes_in_our_own_address_survive_kannel),
		cmocka_unit_test(what_kannel_answers_is_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
