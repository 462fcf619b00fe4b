/* Infobip: lists of texts and of reports in the shapes of its documentation, what is sent, and what
 * is made of answers. */
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

#define FFFD "\xef\xbf\xbd"
#define JOB  "p2a-0123456789abcdef.7"
#define TEXT                                                                                       \
	"{\"messageId\":\"817790313235066447\",\"from\":\"12025550111\",\"to\":\"12025550100\","   \
	"\"text\":\"QUIZ I want  to \\u00e9\",\"cleanText\":\"I want to\",\"keyword\":\"QUIZ\","   \
	"\"receivedAt\":\"2026-11-28T09:28:39.220+0000\",\"smsCount\":1,\"price\":"                \
	"{\"pricePerMessage\":0,\"currency\":\"EUR\"},\"callbackData\":\"x\",\"applicationId\":"   \
	"null,\"entityId\":\"e\",\"campaignReferenceId\":\"c\"}"
#define LIST(results) "{\"results\":[" results "],\"messageCount\":1,\"pendingMessageCount\":0}"

static struct account account_made(void)
{
	return (struct account){.kind = "infobip",
		.id = "main",
		.api_url = "https://x1.api.example.org",
		.api_secret = "key",
		.path_tokens = {"token"},
		.npath_tokens = 1};
}

static bool read_bytes(const char *target, const void *body, size_t len, struct inbound *inbound,
	struct fail *fail)
{
	struct account account = account_made();
	struct hook hook;
	bool done;

	*inbound = (struct inbound){.texts = NULL};
	hook_open(&hook, "POST", target, "application/json", body, len);
	done = provider_infobip.read(&account, &hook.webhook, inbound, fail);
	hook_close(&hook);
	return done;
}

static bool read_at(
	const char *target, const char *body, struct inbound *inbound, struct fail *fail)
{
	return read_bytes(target, body, strlen(body), inbound, fail);
}

/* --- texts ------------------------------------------------------------------------------------ */

static void a_text_is_taken_with_its_keyword(void **state)
{
	struct inbound in;

	(void)state;
	assert_true(read_at("/sms", LIST(TEXT), &in, NULL));
	assert_int_equal(in.ntexts, 1);
	assert_int_equal(in.ignored, 0);
	assert_string_equal(in.texts[0].event_id, "infobip:main:817790313235066447:text");
	assert_string_equal(in.texts[0].provider_id, "817790313235066447");
	assert_string_equal(in.texts[0].from, "+12025550111");
	assert_string_equal(in.texts[0].to, "+12025550100");
	assert_string_equal(in.texts[0].body, "QUIZ I want  to \xc3\xa9");
	assert_string_equal(in.texts[0].opt_out, "");
	assert_false(in.texts[0].repaired);
	assert_null(in.texts[0].media);
	inbound_clear(&in);
}

static void one_webhook_may_bring_many_texts_or_none(void **state)
{
	static const char *const none[] = {"{\"results\":[],\"messageCount\":0}",
		"{\"messageCount\":0,\"pendingMessageCount\":0}", "{\"results\":[]}"};
	char *list = xstrdup(""), *body;
	struct inbound in;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		assert_true(read_at("/sms", none[i], &in, NULL));
		assert_int_equal(in.ntexts + in.nreceipts + in.ignored, 0);
		inbound_clear(&in);
	}
	for (int i = 0; i < 120; i++) {
		body = xasprintf("%s%s{\"messageId\":\"%d\",\"from\":\"12025550111\","
				 "\"to\":\"20205\",\"text\":\"number %d\"}",
			list, i ? "," : "", i, i);
		free(list);
		list = body;
	}
	body = xasprintf("{\"results\":[%s],\"messageCount\":120}", list);
	assert_true(read_at("/sms", body, &in, NULL));
	assert_int_equal(in.ntexts, 120);
	assert_string_equal(in.texts[119].body, "number 119");
	assert_string_equal(in.texts[119].event_id, "infobip:main:119:text");
	assert_string_equal(in.texts[119].to, "20205");
	inbound_clear(&in);
	free(list);
	free(body);
}

static void an_entry_that_cannot_be_read_does_not_cost_the_others(void **state)
{
	struct inbound in;
	struct fail fail;

	(void)state;
	assert_true(read_at("/sms", LIST("{\"messageId\":\"1\"},7," TEXT ",null"), &in, &fail));
	assert_int_equal(in.ntexts, 1);
	assert_int_equal(in.ignored, 3);
	assert_string_equal(in.texts[0].body, "QUIZ I want  to \xc3\xa9");
	inbound_clear(&in);
	assert_false(read_at("/sms", LIST("{\"messageId\":\"1\"},7"), &in, &fail));
	assert_string_equal(fail.text, "from is missing");
	assert_int_equal(in.ntexts, 0);
	inbound_clear(&in);
}

static void words_are_kept_whatever_they_are(void **state)
{
	static const char *const words[][2] = {{"", ""}, {"die\\u0000now", "die" FFFD "now"},
		{"cut \\ud83d", "cut " FFFD},
		{"a\xff"
		 "b",
			"a" FFFD "b"},
		{"\\ud83d\\udc4d", "\xf0\x9f\x91\x8d"}};
	struct inbound in;
	char *body;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		body = xasprintf("{\"results\":[{\"messageId\":\"1\",\"from\":\"1\",\"to\":\"2\","
				 "\"text\":\"%s\"}]}",
			words[i][0]);
		assert_true(read_at("/sms", body, &in, NULL));
		assert_string_equal(in.texts[0].body, words[i][1]);
		assert_int_equal(in.texts[0].repaired, strstr(words[i][1], FFFD) != NULL);
		inbound_clear(&in);
		free(body);
	}
}

static void an_mms_has_its_words_in_order_and_its_pictures(void **state)
{
	struct inbound in;
	const json_t *picture;

	(void)state;
	assert_true(read_at("/sms",
		LIST("{\"messageId\":\"1\",\"from\":\"1\",\"to\":\"2\",\"message\":["
		     "{\"contentType\":\"application/smil\",\"value\":\"<smil/>\"},"
		     "{\"contentType\":\"text/plain\",\"value\":\"I want\"},"
		     "{\"contentType\":\"image/jpeg\",\"url\":\"https://a/1\"},7,"
		     "{\"contentType\":\"text/plain\",\"value\":\"to die\"}]}"),
		&in, NULL));
	assert_string_equal(in.texts[0].body, "I want\nto die");
	assert_int_equal(json_array_size(in.texts[0].media), 1);
	picture = json_array_get(in.texts[0].media, 0);
	assert_string_equal(json_string_value(json_object_get(picture, "url")), "https://a/1");
	assert_string_equal(json_string_value(json_object_get(picture, "type")), "image/jpeg");
	inbound_clear(&in);
}

/* --- reports ---------------------------------------------------------------------------------- */

static const struct reported {
	const char *status, *error, *ours;
	enum answer_kind why;
	int code;
} reports[] = {
	{"\"groupId\":1,\"groupName\":\"PENDING\",\"id\":26", "", "queued", 0, 0},
	{"\"groupId\":1,\"groupName\":\"PENDING\",\"id\":3", "", "queued", 0, 0},
	{"\"groupId\":3,\"groupName\":\"DELIVERED\",\"id\":5", "", "delivered", 0, 0},
	{"\"groupId\":3,\"groupName\":\"DELIVERED\",\"id\":2", "", "sent", 0, 0},
	{"\"groupName\":\"DELIVERED\"", "", "sent", 0, 0},
	{"\"groupId\":3,\"id\":5", "", "delivered", 0, 0},
	{"\"groupId\":9,\"groupName\":\"NEW\"", "", "queued", 0, 0},
	{"\"groupId\":4,\"groupName\":\"EXPIRED\",\"id\":15", "", "undelivered", ANSWER_NETWORK,
		15},
	{"\"groupId\":4,\"groupName\":\"EXPIRED\",\"id\":29", "", "sent", 0, 0},
	{"\"groupName\":\"EXPIRED\"", "", "undelivered", ANSWER_UNKNOWN, 0},
	{"\"groupId\":2,\"groupName\":\"UNDELIVERABLE\",\"id\":9", "\"id\":0", "undelivered",
		ANSWER_UNKNOWN, 9},
	{"\"groupId\":2,\"id\":4", "", "undelivered", ANSWER_UNKNOWN, 4},
	{"\"groupId\":2,\"id\":9", "\"id\":27", "undelivered", ANSWER_NETWORK, 27},
	{"\"groupId\":2,\"id\":9", "\"id\":6", "undelivered", ANSWER_NETWORK, 6},
	{"\"groupId\":2,\"id\":9", "\"id\":1", "undelivered", ANSWER_BAD_NUMBER, 1},
	{"\"groupId\":2,\"id\":9", "\"id\":3041", "undelivered", ANSWER_BAD_NUMBER, 3041},
	{"\"groupId\":2,\"id\":4", "\"id\":603", "undelivered", ANSWER_OPTED_OUT, 603},
	{"\"groupId\":2,\"id\":4", "\"id\":573", "undelivered", ANSWER_OPTED_OUT, 573},
	{"\"groupId\":2,\"id\":4", "\"id\":560", "undelivered", ANSWER_BLOCKED, 560},
	{"\"groupId\":2,\"id\":4", "\"id\":607", "undelivered", ANSWER_CONTENT, 607},
	{"\"groupId\":2,\"id\":4", "\"id\":541", "undelivered", ANSWER_RATE, 541},
	{"\"groupId\":2,\"id\":4", "\"id\":542", "undelivered", ANSWER_BUSY, 542},
	{"\"groupId\":2,\"id\":4", "\"id\":51,\"permanent\":true", "undelivered", ANSWER_NETWORK,
		51},
	/* An id that is in no table: group and permanent. */
	{"\"groupId\":2,\"id\":4", "\"groupId\":1,\"id\":9001,\"permanent\":true", "undelivered",
		ANSWER_BLOCKED, 9001},
	{"\"groupId\":2,\"id\":4", "\"groupId\":2,\"id\":9001,\"permanent\":true", "undelivered",
		ANSWER_ACCOUNT, 9001},
	{"\"groupId\":2,\"id\":4", "\"groupId\":3,\"id\":9001,\"permanent\":true", "undelivered",
		ANSWER_BLOCKED, 9001},
	{"\"groupId\":2,\"id\":4", "\"groupId\":1,\"id\":9001,\"permanent\":false", "undelivered",
		ANSWER_NETWORK, 9001},
	{"\"groupId\":2,\"id\":4", "\"groupId\":2,\"id\":9001,\"permanent\":false", "undelivered",
		ANSWER_UNKNOWN, 9001},
	{"\"groupId\":2,\"id\":4", "\"groupId\":1,\"id\":9001", "undelivered", ANSWER_UNKNOWN,
		9001},
	/* Rejected, by status alone. */
	{"\"groupId\":5,\"id\":6", "", "failed", ANSWER_ACCOUNT, 6},
	{"\"groupId\":5,\"id\":8", "", "failed", ANSWER_BAD_NUMBER, 8},
	{"\"groupId\":5,\"id\":10", "", "failed", ANSWER_BLOCKED, 10},
	{"\"groupId\":5,\"id\":12", "", "failed", ANSWER_ACCOUNT, 12},
	{"\"groupId\":5,\"id\":14", "", "failed", ANSWER_BLOCKED, 14},
	{"\"groupId\":5,\"id\":20", "", "failed", ANSWER_RATE, 20},
	{"\"groupId\":5,\"id\":21", "", "failed", ANSWER_BUSY, 21},
	{"\"groupId\":5,\"id\":25", "", "failed", ANSWER_CONTENT, 25},
	{"\"groupId\":5,\"id\":52", "", "failed", ANSWER_BAD_NUMBER, 52},
	{"\"groupName\":\"REJECTED\"", "", "failed", ANSWER_ACCOUNT, 0},
	{"\"groupId\":5,\"id\":9001", "", "failed", ANSWER_ACCOUNT, 9001},
	/* Refused because the text of an earlier request has this id: that one counts. */
	{"\"groupId\":5,\"groupName\":\"REJECTED\",\"id\":23", "", "queued", 0, 0},
};

static void every_state_and_error_is_read(void **state)
{
	struct inbound in;
	char *body;

	(void)state;
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++) {
		body = xasprintf("{\"results\":[{\"bulkId\":\"b\",\"messageId\":\"m\",\"to\":"
				 "\"12025550111\",\"sentAt\":\"2026-11-28T09:28:39.220+0000\","
				 "\"doneAt\":\"2026-11-28T09:28:39.220+0000\",\"status\":{%s},"
				 "\"error\":{%s}}]}",
			reports[i].status, reports[i].error);
		assert_true(read_at("/status", body, &in, NULL));
		assert_int_equal(in.nreceipts, 1);
		if (strcmp(in.receipts[0].status, reports[i].ours) != 0 ||
			in.receipts[0].why != reports[i].why ||
			in.receipts[0].error != reports[i].code)
			fail_msg("%s: %s, %s, %d", body, in.receipts[0].status,
				answer_kind_name(in.receipts[0].why), in.receipts[0].error);
		inbound_clear(&in);
		free(body);
	}
}

#define REPORT(id, more)                                                                           \
	"{\"messageId\":\"" id "\",\"to\":\"12025550111\",\"status\":{\"groupId\":3,"              \
	"\"groupName\":\"DELIVERED\",\"id\":5,\"name\":\"DELIVERED_TO_HANDSET\"}" more "}"

static void check_ours(
	const struct inbound_receipt *receipt, const char *actor, const char *job, int attempt)
{
	assert_string_equal(receipt->actor, actor);
	assert_string_equal(receipt->job, job);
	assert_int_equal(receipt->attempt, attempt);
}

static void each_of_a_hundred_reports_finds_its_own_text(void **state)
{
	struct inbound in;
	const char *query = "/status?a=p00-ffffffffffffffff&j=p00-ffffffffffffffff.1&n=9";

	(void)state;
	assert_true(read_at(query,
		LIST(REPORT(JOB ".2", "") "," REPORT("other",
			",\"callbackData\":\"" JOB
			".3\"") "," REPORT("third", ",\"callbackData\":\"x.3\"")),
		&in, NULL));
	assert_int_equal(in.nreceipts, 3);
	check_ours(&in.receipts[0], "p2a-0123456789abcdef", JOB, 2);
	check_ours(&in.receipts[1], "p2a-0123456789abcdef", JOB, 3);
	check_ours(&in.receipts[2], "", "", 0); /* the URL's ids are of one of them, or of none */
	assert_string_equal(in.receipts[0].event_id, "infobip:main:" JOB ".2:5");
	assert_string_equal(in.receipts[0].provider_id, JOB ".2");
	assert_string_equal(in.receipts[0].to, "+12025550111");
	inbound_clear(&in);
	assert_true(read_at(query, LIST(REPORT("third", "")), &in, NULL));
	check_ours(&in.receipts[0], "p00-ffffffffffffffff", "p00-ffffffffffffffff.1", 9);
	inbound_clear(&in);
}

static void a_tag_that_is_not_ours_is_none(void **state)
{
	static const char *const tags[] = {"", ".", "7", JOB, JOB ".", JOB ".x", JOB ".0",
		"p2a-0123456789abcdeg.7.2", "x" JOB ".2", "p2a-0123456789abcdef",
		"p2a-0123456789abcdef.1234567890123456789012345678901234567890.2",
		JOB ".12345678901"};
	struct inbound in;
	char *body;

	(void)state;
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		body = xasprintf("{\"results\":[{\"messageId\":\"m\",\"callbackData\":\"%s\","
				 "\"status\":{\"groupName\":\"PENDING\"}}]}",
			tags[i]);
		assert_true(read_at("/status", body, &in, NULL));
		if (in.receipts[0].job[0] || in.receipts[0].actor[0] || in.receipts[0].attempt)
			fail_msg("%s: %s", tags[i], in.receipts[0].job);
		assert_string_equal(in.receipts[0].event_id, "infobip:main:m:PENDING");
		inbound_clear(&in);
		free(body);
	}
}

/* --- what is refused -------------------------------------------------------------------------- */

static void what_is_missing_repeated_or_malformed_is_named(void **state)
{
	static const char *const bad[][3] = {
		{"/sms", "", "the body is no JSON"},
		{"/sms", "from=1&text=x", "the body is no JSON"},
		{"/sms", "{\"results\":[" TEXT, "the body is no JSON"},
		{"/sms", "{\"results\":[],\"results\":[]}", "the body is no JSON"},
		{"/sms", "[]", "results is missing"},
		{"/sms", "{}", "results is missing"},
		{"/sms", "{\"messageCount\":1}", "results is missing"},
		{"/sms", "{\"results\":{}}", "results is missing"},
		{"/sms", LIST("7"), "messageId is missing"},
		{"/sms", LIST("{\"from\":\"1\",\"to\":\"2\",\"text\":\"x\"}"),
			"messageId is missing"},
		{"/sms", LIST("{\"messageId\":\"1\",\"to\":\"2\",\"text\":\"x\"}"),
			"from is missing"},
		{"/sms", LIST("{\"messageId\":\"1\",\"from\":\"2\",\"text\":\"x\"}"),
			"to is missing"},
		{"/sms", LIST("{\"messageId\":\"1\",\"from\":\"2\",\"to\":\"2\"}"),
			"text is missing"},
		{"/sms", LIST("{\"messageId\":\"1\",\"from\":\"2\",\"to\":\"2\",\"text\":7}"),
			"text is no text"},
		{"/sms", LIST("{\"messageId\":\"1\",\"from\":[],\"to\":\"2\",\"text\":\"x\"}"),
			"from is no text"},
		{"/sms", LIST("{\"messageId\":\"a/b\",\"from\":\"2\",\"to\":\"2\",\"text\":\"\"}"),
			"messageId is malformed"},
		{"/sms", LIST("{\"messageId\":\"1\",\"from\":\"2\\u0000\",\"to\":\"2\"}"),
			"from is empty, too long or malformed"},
		{"/sms",
			LIST("{\"messageId\":\"1\",\"from\":"
			     "\"123456789012345678901234567890123\"}"),
			"from is empty, too long or malformed"},
		{"/status", LIST("{\"status\":{\"id\":5}}"), "messageId is missing"},
		{"/status", LIST("{\"messageId\":\"m\"}"), "status is missing"},
		{"/status", LIST("{\"messageId\":\"m\",\"status\":\"x\"}"), "status is missing"},
		{"/status", LIST("{\"messageId\":\"m\",\"status\":{}}"), "groupName is missing"},
		{"/status", LIST("{\"messageId\":\"m\",\"status\":{\"groupName\":\"a b\"}}"),
			"groupName is malformed"},
		{"/status", LIST("{\"messageId\":\"m:/\",\"status\":{\"id\":5}}"),
			"messageId is malformed"},
	};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fail.text[0] = '\0';
		if (read_at(bad[i][0], bad[i][1], &in, &fail) || !strstr(fail.text, bad[i][2]))
			fail_msg("%s: %s", bad[i][1], fail.text);
		assert_int_equal(in.ntexts + in.nreceipts, 0);
		inbound_clear(&in);
	}
}

static void deep_json_and_absurd_words_are_refused(void **state)
{
	size_t len = 200000;
	char *deep = xcalloc(1, len + 1), *body;
	struct inbound in;
	struct fail fail;

	(void)state;
	memset(deep, '[', len);
	assert_false(read_bytes("/sms", deep, len, &in, &fail));
	assert_non_null(strstr(fail.text, "no JSON"));
	inbound_clear(&in);
	memset(deep, 'x', len);
	deep[20000] = '\0';
	body = xasprintf("{\"results\":[{\"messageId\":\"1\",\"from\":\"1\",\"to\":\"2\","
			 "\"text\":\"%s\"}]}",
		deep);
	assert_false(read_at("/sms", body, &in, &fail));
	assert_non_null(strstr(fail.text, "longer than any text"));
	inbound_clear(&in);
	free(deep);
	free(body);
}

static void nothing_unprotected_is_taken(void **state)
{
	static const struct {
		const char *user, *secrets[2], *header;
		bool token, taken;
	} cases[] = {
		{"", {NULL}, NULL, true, true},
		{"", {NULL}, NULL, false, false},
		{"hook", {"old"}, "Basic aG9vazpvbGQ=", false, true},
		{"hook", {"new", "old"}, "Basic aG9vazpvbGQ=", true, true},
		{"hook", {"old"}, "basic aG9vazpvbGQ=", false, true},
		/* Who has Basic is not asked for less, whatever the path. */
		{"hook", {"old"}, NULL, true, false},
		{"hook", {"new"}, "Basic aG9vazpvbGQ=", true, false},
		{"hook", {""}, "Basic aG9vazo=", true, false},
		{"hook", {NULL}, "Basic aG9vazo=", true, false},
		{"", {"old"}, "Basic Om9sZA==", true, false},
		{"hook", {"old"}, "Bearer aG9vazpvbGQ=", true, false},
	};
	struct proof proof;
	struct hook hook;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct account account = account_made();

		snprintf(account.webhook_user, sizeof(account.webhook_user), "%s", cases[i].user);
		for (; account.nsecrets < 2 && cases[i].secrets[account.nsecrets];
			account.nsecrets++)
			snprintf(account.secrets[account.nsecrets], SECRET_SIZE, "%s",
				cases[i].secrets[account.nsecrets]);
		account.npath_tokens = cases[i].token;
		hook_open(&hook, "POST", "/sms", "application/json", "{}", 2);
		if (cases[i].header)
			hook_header(&hook, "Authorization", cases[i].header);
		if (provider_infobip.verify(&account, &hook.webhook, &proof) != cases[i].taken)
			fail_msg("case %zu", i);
		if (cases[i].taken)
			assert_string_equal(proof.nonce, "");
		hook_close(&hook);
	}
	assert_ptr_equal(provider_find("infobip"), &provider_infobip);
}

/* --- sending ---------------------------------------------------------------------------------- */

static void check_body(int64_t validity_s, const char *options)
{
	struct account account = account_made();
	struct outbound_text text = {.to = "+12025550111",
		.from = "+12025550100",
		.body = "a \"b\" \xc3\xa9",
		.actor = "p2a-0123456789abcdef",
		.job = JOB,
		.attempt = 2,
		.callback_url = "https://w/status?a=1&j=2&n=3",
		.validity_s = validity_s};
	struct provider_request request = {.url = NULL};
	char *body = xasprintf(
		"{\"messages\":[{\"sender\":\"12025550100\",\"destinations\":[{\"to\":"
		"\"12025550111\",\"messageId\":\"" JOB ".2\"}],\"content\":{\"text\":\"a \\\"b\\\" "
		"\xc3\xa9\"},%s\"webhooks\":{\"delivery\":"
		"{\"url\":\"https://w/status?a=1&j=2&n=3\",\"intermediateReport\":false},"
		"\"contentType\":\"application/json\",\"callbackData\":\"" JOB ".2\"}}]}",
		options);

	provider_infobip.build(&account, &text, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://x1.api.example.org/sms/3/messages");
	assert_string_equal(request.type, "application/json");
	assert_string_equal(request.body, body);
	assert_string_equal(request.headers[0].name, "Authorization");
	assert_string_equal(request.headers[0].value, "App key");
	assert_string_equal(request.headers[1].name, "Accept");
	assert_null(request.user);
	provider_request_clear(&request);
	free(body);
}

static void a_text_is_written_as_the_api_wants_it(void **state)
{
#define VALIDITY(amount)                                                                           \
	"\"options\":{\"validityPeriod\":{\"amount\":" amount ",\"timeUnit\":\"MINUTES\"}},"
	(void)state;
	check_body(0, "");
	check_body(1, VALIDITY("1"));
	check_body(3659, VALIDITY("60"));
	check_body(1000000, VALIDITY("2880"));
}

#define MESSAGE(id, status)                                                                        \
	"{\"bulkId\":\"b\",\"messages\":[{\"messageId\":\"" id "\",\"status\":{" status "},"       \
	"\"destination\":\"12025550111\",\"details\":{\"messageCount\":1}}]}"
#define PENDING  "\"groupId\":1,\"groupName\":\"PENDING\",\"id\":26,\"name\":\"PENDING_ACCEPTED\""
#define REJECTED "\"groupId\":5,\"groupName\":\"REJECTED\",\"id\":"
#define OWN      "{\"errorCode\":\"E400\",\"description\":\"d\",\"action\":\"a\"}"

static const struct answered {
	int status;
	const char *body;
	enum answer_kind kind;
	int error;
} answers[] = {
	{200, MESSAGE("m1", PENDING), ANSWER_ACCEPTED, 0},
	{200, MESSAGE("m1", "\"groupId\":1"), ANSWER_ACCEPTED, 0},
	{200, MESSAGE("m1", "\"groupId\":3,\"id\":5"), ANSWER_ACCEPTED, 0},
	{200, MESSAGE("m1", ""), ANSWER_ACCEPTED, 0},
	{200, "{\"messages\":[{\"messageId\":\"m1\"}]}", ANSWER_ACCEPTED, 0},
	{200, MESSAGE("", PENDING), ANSWER_UNKNOWN, 0},
	{200, "{\"messages\":[{\"status\":{\"groupId\":1}}]}", ANSWER_UNKNOWN, 0},
	{200, "{\"messages\":[]}", ANSWER_UNKNOWN, 0},
	{200, "{\"messages\":[{\"messageId\":\"a\"},{\"messageId\":\"b\"}]}", ANSWER_UNKNOWN, 0},
	{200, "{\"messages\":[7]}", ANSWER_UNKNOWN, 0},
	{200, "{\"messages\":[{\"messageId\":\"m1\",\"status\":{\"grou", ANSWER_UNKNOWN, 0},
	{200, "<html>ok</html>", ANSWER_UNKNOWN, 0},
	{200, "", ANSWER_UNKNOWN, 0},
	{200, MESSAGE("m1", REJECTED "52"), ANSWER_BAD_NUMBER, 52},
	{200, MESSAGE("m1", REJECTED "12"), ANSWER_ACCOUNT, 12},
	{200, MESSAGE("m1", REJECTED "14"), ANSWER_BLOCKED, 14},
	{200, MESSAGE("m1", REJECTED "20"), ANSWER_RATE, 20},
	{200, MESSAGE("m1", REJECTED "21"), ANSWER_BUSY, 21},
	{200, MESSAGE("m1", REJECTED "25"), ANSWER_CONTENT, 25},
	{200, MESSAGE("m1", REJECTED "9001"), ANSWER_ACCOUNT, 9001},
	{200, MESSAGE("m1", REJECTED "23"), ANSWER_UNKNOWN, 23},
	{200, MESSAGE("m1", "\"groupId\":2,\"id\":31"), ANSWER_BUSY, 31},
	{200, MESSAGE("m1", "\"groupId\":2,\"id\":9"), ANSWER_UNKNOWN, 9},
	{400, OWN, ANSWER_ACCOUNT, 0},
	{400, "{\"requestError\":{\"serviceException\":{\"messageId\":\"BAD_REQUEST\"}}}",
		ANSWER_ACCOUNT, 0},
	{400, "<html>Bad Request</html>", ANSWER_UNKNOWN, 0},
	{400, "", ANSWER_UNKNOWN, 0},
	{401, OWN, ANSWER_ACCOUNT, 0},
	{401, "", ANSWER_ACCOUNT, 0},
	{403, "", ANSWER_ACCOUNT, 0},
	{429, OWN, ANSWER_RATE, 0},
	{429, "", ANSWER_RATE, 0},
	{408, OWN, ANSWER_UNKNOWN, 0},
	{500, OWN, ANSWER_UNKNOWN, 0},
	{503, "<html>later</html>", ANSWER_UNKNOWN, 0},
	{302, MESSAGE("m1", PENDING), ANSWER_UNKNOWN, 0},
	{500, MESSAGE("m1", PENDING), ANSWER_UNKNOWN, 0},
};

static void accepted_needs_the_id_and_no_refusal_beside_it(void **state)
{
	struct account account = account_made();

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct provider_reply reply = {
			answers[i].status, answers[i].body, strlen(answers[i].body)};
		struct provider_answer answer;

		provider_infobip.answer(&account, &reply, &answer);
		if (answer.kind != answers[i].kind || answer.error != answers[i].error)
			fail_msg("%d %s: %s, %d", answers[i].status, answers[i].body,
				answer_kind_name(answer.kind), answer.error);
		assert_string_equal(answer.provider_id, answer.kind == ANSWER_ACCEPTED ? "m1" : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_taken_with_its_keyword),
		cmocka_unit_test(one_webhook_may_bring_many_texts_or_none),
		cmocka_unit_test(an_entry_that_cannot_be_read_does_not_cost_the_others),
		cmocka_unit_test(words_are_kept_whatever_they_are),
		cmocka_unit_test(an_mms_has_its_words_in_order_and_its_pictures),
		cmocka_unit_test(every_state_and_error_is_read),
		cmocka_unit_test(each_of_a_hundred_reports_finds_its_own_text),
		cmocka_unit_test(a_tag_that_is_not_ours_is_none),
		cmocka_unit_test(what_is_missing_repeated_or_malformed_is_named),
		cmocka_unit_test(deep_json_and_absurd_words_are_refused),
		cmocka_unit_test(nothing_unprotected_is_taken),
		cmocka_unit_test(a_text_is_written_as_the_api_wants_it),
		cmocka_unit_test(accepted_needs_the_id_and_no_refusal_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
