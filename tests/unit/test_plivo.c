/* Plivo's adapter: what is made of its webhooks and answers, and what goes out. */
#include "tests/lib/posted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/fail.h>

#define TOKEN  "OTliNzVmNjYtMDAwMC00MDAw"
#define AUTH   "MAMZQXNDAZZTVIOTUXMT"
#define UUID   "a7ec246e-4f4a-418b-a210-42c080f6038f"
#define PART   "b8fd357f-5a5b-529c-b321-53d191a7149a"
#define URL    "https://sms.example.org/w/main/sms"
#define STATUS "https://sms.example.org/w/main/status"

static const struct account account = {.kind = "plivo",
	.name = "main",
	.api_url = "https://api.example.org",
	.id = AUTH,
	.api_secret = TOKEN,
	.secrets = {TOKEN},
	.nsecrets = 1};
static const struct provider *const provider = &provider_plivo;

/* --- texts ----------------------------------------------------------------------------------- */

#define COMMON "MessageUUID=" UUID "&From=12025550111&To=12025550100&Type=sms"

static void check_text(const struct inbound *inbound, const char *body)
{
	const struct inbound_text *text = inbound->texts;

	assert_int_equal(inbound->ntexts, 1);
	assert_int_equal(inbound->nreceipts + inbound->ignored, 0);
	assert_string_equal(text->event_id, "plivo:" AUTH ":" UUID ":text");
	assert_string_equal(text->provider_id, UUID);
	assert_string_equal(text->from, "+12025550111");
	assert_string_equal(text->to, "+12025550100");
	assert_string_equal(text->body, body);
	assert_string_equal(text->opt_out, "");
	assert_string_equal(text->part.ref, "");
}

static void a_text_is_read(void **state)
{
	const char *body = COMMON "&Text=%C3%87a+va+%F0%9F%91%8D&Units=1&TotalRate=0.005";
	struct inbound inbound;

	(void)state;
	assert_true(posted_read(
		posted_form(ABOUT_TEXT, URL, body), provider, &account, &inbound, NULL));
	check_text(&inbound, "\xc3\x87"
			     "a va \xf0\x9f\x91\x8d");
	assert_false(inbound.texts->repaired);
	assert_null(inbound.texts->media);
	inbound_clear(&inbound);
}

static void a_text_may_come_by_get(void **state)
{
	struct posted *posted = posted_get(ABOUT_TEXT, URL "?" COMMON "&Text=hello");
	struct inbound inbound;

	(void)state;
	assert_true(provider->takes_get);
	assert_true(posted_read(posted, provider, &account, &inbound, NULL));
	check_text(&inbound, "hello");
	inbound_clear(&inbound);
	posted_refused(posted_form(ABOUT_TEXT, URL "?" COMMON "&Text=hello", ""), provider,
		&account, "MessageUUID is missing");
	posted_refused(posted_json(ABOUT_TEXT, URL, "{}"), provider, &account, "no form");
}

static void links_of_pictures_are_kept(void **state)
{
	struct inbound inbound;
	const json_t *media;

	(void)state;
	assert_true(posted_read(
		posted_form(ABOUT_TEXT, URL,
			COMMON "&Media0=https%3A%2F%2Fm%2F0&Media1=u&Media10=v&Media2=a&Media2=b"),
		provider, &account, &inbound, NULL));
	check_text(&inbound, "");
	assert_int_equal(json_array_size(inbound.texts->media), 2);
	media = json_array_get(inbound.texts->media, 0);
	assert_string_equal(json_string_value(json_object_get(media, "url")), "https://m/0");
	inbound_clear(&inbound);
	assert_true(posted_read(posted_form(ABOUT_TEXT, URL, COMMON "&Text=look&Media0=u"),
		provider, &account, &inbound, NULL));
	check_text(&inbound, "look");
	inbound_clear(&inbound);
}

static void senders_that_are_no_numbers_stay(void **state)
{
	static const char *const senders[][2] = {{"12025550111", "+12025550111"},
		{"%2B12025550111", "+12025550111"}, {"72345", "72345"}, {"INFO", "INFO"}};
	struct inbound inbound;

	(void)state;
	for (size_t i = 0; i < sizeof(senders) / sizeof(senders[0]); i++) {
		char *body = xasprintf(
			"MessageUUID=" UUID "&To=12025550100&Text=x&From=%s", senders[i][0]);

		assert_true(posted_read(
			posted_form(ABOUT_TEXT, URL, body), provider, &account, &inbound, NULL));
		assert_string_equal(inbound.texts->from, senders[i][1]);
		inbound_clear(&inbound);
		free(body);
	}
}

static void broken_characters_are_shown_not_lost(void **state)
{
	struct inbound inbound;

	(void)state;
	assert_true(posted_read(posted_form(ABOUT_TEXT, URL, COMMON "&Text=die%00now%ED%A0%80"),
		provider, &account, &inbound, NULL));
	check_text(&inbound, "die\xef\xbf\xbdnow\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_true(inbound.texts->repaired);
	inbound_clear(&inbound);
}

static void what_is_wrong_with_a_text_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"From=1&To=2&Text=x", "MessageUUID is missing"},
		{"MessageUUID=" UUID "&To=2&Text=x", "From is missing"},
		{"MessageUUID=" UUID "&From=1&Text=x", "To is missing"},
		{COMMON, "Text is missing"},
		{COMMON "&Text=x&Text=y", "Text is there more than once"},
		{COMMON "&Media0=u&Text=x&Text=y", "Text is there more than once"},
		{COMMON "&Text=x&From=1", "From is there more than once"},
		{COMMON "&Text=x&MessageUUID=" UUID, "MessageUUID is there more than once"},
		{"MessageUUID=a%2Fb&From=1&To=2&Text=x", "MessageUUID is malformed"},
		{"MessageUUID=&From=1&To=2&Text=x", "MessageUUID is empty"},
		{"MessageUUID=a%00b&From=1&To=2&Text=x", "MessageUUID is empty"},
		{"MessageUUID=" UUID "&From=1%002&To=2&Text=x", "From is"},
		{"MessageUUID=" UUID "&From=1234567890123456789012345678901234567890&To=2&Text=x",
			"From is"},
		{"", "MessageUUID is missing"},
	};
	char *filler = xcalloc(1, 20001), *body;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		posted_refused(
			posted_form(ABOUT_TEXT, URL, bad[i][0]), provider, &account, bad[i][1]);
	memset(filler, 'x', 20000);
	body = xasprintf("%s&Text=%s", COMMON, filler);
	posted_refused(posted_form(ABOUT_TEXT, URL, body), provider, &account, "longer than any");
	free(body);
	body = xasprintf("MessageUUID=%s&From=1&To=2&Text=x", filler);
	posted_refused(posted_form(ABOUT_TEXT, URL, body), provider, &account, "MessageUUID is");
	free(body);
	free(filler);
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
	struct inbound_receipt receipt =
		receipt_of(STATUS "?a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=2",
			"Status=undelivered&ErrorCode=80&ParentMessageUUID=" UUID
			"&PartInfo=1+of+1&Units=1&MCC=310&MNC=260&Sequence=2");

	(void)state;
	assert_string_equal(receipt.event_id, "plivo:" AUTH ":" UUID ":undelivered");
	assert_string_equal(receipt.provider_id, UUID);
	assert_string_equal(receipt.actor, "p2a-0123456789abcdef");
	assert_string_equal(receipt.job, "p2a-0123456789abcdef.7");
	assert_int_equal(receipt.attempt, 2);
	assert_string_equal(receipt.to, "+12025550100");
	assert_string_equal(receipt.status, "undelivered");
	assert_int_equal(receipt.why, ANSWER_NETWORK);
	assert_int_equal(receipt.error, 80);
	receipt = receipt_of(STATUS "?a=x&a=y&j=z", "Status=sent&ParentMessageUUID=");
	assert_string_equal(receipt.provider_id, UUID);
	assert_string_equal(receipt.actor, "");
	assert_string_equal(receipt.job, "");
}

static void a_receipt_may_come_by_get(void **state)
{
	struct posted *posted = posted_get(
		ABOUT_RECEIPT, STATUS "?a=1&j=2&n=3&MessageUUID=" UUID "&Status=delivered");
	struct inbound inbound;

	(void)state;
	assert_true(posted_read(posted, provider, &account, &inbound, NULL));
	assert_string_equal(inbound.receipts->status, "delivered");
	assert_string_equal(inbound.receipts->job, "2");
	assert_string_equal(inbound.receipts->to, "");
	inbound_clear(&inbound);
}

static void states_of_the_provider_become_ours(void **state)
{
	static const struct {
		const char *fields, *status;
		enum answer_kind why;
	} table[] = {{"Status=queued", "queued", ANSWER_ACCEPTED},
		{"Status=sent", "sent", ANSWER_ACCEPTED},
		{"Status=delivered", "delivered", ANSWER_ACCEPTED},
		{"Status=delivered&ErrorCode=000", "delivered", ANSWER_ACCEPTED},
		{"Status=read", "read", ANSWER_ACCEPTED},
		{"Status=something-new", "queued", ANSWER_ACCEPTED},
		{"Status=undelivered", "undelivered", ANSWER_UNKNOWN},
		{"Status=failed", "failed", ANSWER_UNKNOWN},
		{"Status=rejected&ErrorCode=10", "failed", ANSWER_CONTENT},
		{"Status=failed&ErrorCode=20", "failed", ANSWER_NETWORK},
		{"Status=failed&ErrorCode=30", "failed", ANSWER_CONTENT},
		{"Status=failed&ErrorCode=40", "failed", ANSWER_ACCOUNT},
		{"Status=failed&ErrorCode=50", "failed", ANSWER_BAD_NUMBER},
		{"Status=failed&ErrorCode=60", "failed", ANSWER_UNKNOWN},
		{"Status=undelivered&ErrorCode=70", "undelivered", ANSWER_BAD_NUMBER},
		{"Status=undelivered&ErrorCode=90", "undelivered", ANSWER_ACCOUNT},
		{"Status=undelivered&ErrorCode=100", "undelivered", ANSWER_BLOCKED},
		{"Status=undelivered&ErrorCode=110", "undelivered", ANSWER_CONTENT},
		{"Status=failed&ErrorCode=200", "failed", ANSWER_OPTED_OUT},
		{"Status=failed&ErrorCode=201", "failed", ANSWER_ACCOUNT},
		{"Status=failed&ErrorCode=300", "failed", ANSWER_NETWORK},
		{"Status=failed&ErrorCode=420", "failed", ANSWER_NETWORK},
		{"Status=failed&ErrorCode=450", "failed", ANSWER_ACCOUNT},
		{"Status=failed&ErrorCode=900", "failed", ANSWER_ACCOUNT},
		{"Status=failed&ErrorCode=910", "failed", ANSWER_ACCOUNT},
		{"Status=failed&ErrorCode=1000", "failed", ANSWER_UNKNOWN},
		{"Status=failed&ErrorCode=x", "failed", ANSWER_UNKNOWN}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct inbound_receipt receipt = receipt_of(STATUS, table[i].fields);

		assert_string_equal(receipt.status, table[i].status);
		if (receipt.why != table[i].why)
			fail_msg("%s: %s", table[i].fields, answer_kind_name(receipt.why));
	}
}

/* Parts of a long text have receipts of their own, which name it as their parent. */
static void a_text_is_no_sooner_there_than_its_first_part(void **state)
{
	static const char *const table[][2] = {{"queued", "queued"}, {"sent", "sent"},
		{"delivered", "sent"}, {"undelivered", "undelivered"}, {"failed", "failed"}};
	struct inbound inbound;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *body = xasprintf(
			"MessageUUID=" PART "&ParentMessageUUID=" UUID "&Status=%s", table[i][0]);
		char *id = xasprintf("plivo:" AUTH ":" PART ":%s", table[i][0]);

		assert_true(posted_read(posted_form(ABOUT_RECEIPT, STATUS, body), provider,
			&account, &inbound, NULL));
		assert_string_equal(inbound.receipts->provider_id, UUID);
		assert_string_equal(inbound.receipts->event_id, id);
		assert_string_equal(inbound.receipts->status, table[i][1]);
		inbound_clear(&inbound);
		free(id);
		free(body);
	}
}

static void a_receipt_that_says_nothing_is_refused(void **state)
{
	static const char *const bad[][2] = {
		{"Status=sent", "MessageUUID is missing"},
		{"MessageUUID=" UUID, "Status is missing"},
		{"MessageUUID=" UUID "&Status=", "Status is empty"},
		{"MessageUUID=" UUID "&Status=a+b", "Status is malformed"},
		{"MessageUUID=" UUID "&Status=sent&Status=failed", "Status is there more"},
		{"MessageUUID=" UUID "&Status=undelivered-and-much-more", "Status is"},
		{"MessageUUID=" UUID "&Status=sent&ParentMessageUUID=a%2Fb", "Parent"},
		{"MessageUUID=" UUID "&Status=sent&ParentMessageUUID=a&ParentMessageUUID=b",
			"ParentMessageUUID is there more"},
		{"MessageUUID=a%00b&Status=sent", "MessageUUID is"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		posted_refused(posted_form(ABOUT_RECEIPT, STATUS, bad[i][0]), provider, &account,
			bad[i][1]);
}

/* --- sending --------------------------------------------------------------------------------- */

static void a_text_is_written_as_plivo_wants_it(void **state)
{
	struct outbound_text text = {.to = "+12025550111",
		.from = "+12025550100",
		.body = "say \"a\" \xc3\xa9",
		.callback_url = "https://w/status?a=1&j=2&n=1",
		.validity_s = 3600};
	struct provider_request request;

	(void)state;
	provider->build(&account, &text, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://api.example.org/v1/Account/" AUTH "/Message/");
	assert_string_equal(request.type, "application/json");
	assert_string_equal(request.body,
		"{\"src\":\"12025550100\",\"dst\":\"12025550111\","
		"\"text\":\"say \\\"a\\\" \xc3\xa9\",\"type\":\"sms\","
		"\"url\":\"https://w/status?a=1&j=2&n=1\",\"method\":\"POST\"}");
	assert_string_equal(request.user, AUTH);
	assert_string_equal(request.password, TOKEN);
	assert_null(request.headers[0].name);
	provider_request_clear(&request);
}

static void words_are_not_logged_when_asked(void **state)
{
	struct outbound_text text = {
		.to = "+1", .from = "72345", .body = "x", .keep_no_words = true};
	struct provider_request request;

	(void)state;
	provider->build(&account, &text, &request);
	assert_string_equal(request.body,
		"{\"src\":\"72345\",\"dst\":\"1\",\"text\":\"x\",\"type\":\"sms\",\"log\":false}");
	provider_request_clear(&request);
}

static void only_an_id_in_a_2xx_means_accepted(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum answer_kind kind;
	} table[] = {{202,
			     "{\"api_id\":\"a\",\"message\":\"message(s) "
			     "queued\",\"message_uuid\":[\"" UUID "\"]}",
			     ANSWER_ACCEPTED},
		{202, "{\"api_id\":\"a\",\"message_uuid\":[]}", ANSWER_UNKNOWN},
		{202, "{\"api_id\":\"a\",\"message_uuid\":[\"\"]}", ANSWER_UNKNOWN},
		{202, "{\"api_id\":\"a\",\"message_uuid\":[7]}", ANSWER_UNKNOWN},
		{202, "{\"api_id\":\"a\",\"message_uuid\":[\"a/b\"]}", ANSWER_UNKNOWN},
		{202, "{\"api_id\":\"a\",\"message_uuid\":\"" UUID "\"}", ANSWER_UNKNOWN},
		{202, "{\"api_id\":\"a\"}", ANSWER_UNKNOWN},
		{202, "{\"message_uuid\":[\"" UUID "\"]", ANSWER_UNKNOWN},
		{202, "[\"" UUID "\"]", ANSWER_UNKNOWN}, {202, "", ANSWER_UNKNOWN},
		{200, "<html>hello</html>", ANSWER_UNKNOWN},
		{302, "{\"message_uuid\":[\"" UUID "\"]}", ANSWER_UNKNOWN},
		{400, "{\"api_id\":\"a\",\"error\":\"dst is not valid\"}", ANSWER_ACCOUNT},
		{402, "{\"api_id\":\"a\",\"error\":\"no credit\"}", ANSWER_ACCOUNT},
		{404, "{\"api_id\":\"a\",\"error\":\"not found\"}", ANSWER_ACCOUNT},
		{401, "", ANSWER_ACCOUNT}, {403, "<html>", ANSWER_ACCOUNT},
		{400, "<html>a proxy</html>", ANSWER_UNKNOWN}, {404, "", ANSWER_UNKNOWN},
		{400, "{\"error\":\"trunc", ANSWER_UNKNOWN},
		{408, "{\"error\":\"slow\"}", ANSWER_UNKNOWN},
		{429, "{\"api_id\":\"a\",\"error\":\"rate limit\"}", ANSWER_RATE},
		{429, "", ANSWER_RATE}, {500, "{\"error\":\"x\"}", ANSWER_UNKNOWN},
		{503, "<html>", ANSWER_UNKNOWN}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct provider_reply reply = {
			table[i].status, table[i].body, strlen(table[i].body)};
		struct provider_answer answer;

		provider->answer(&account, &reply, &answer);
		if (answer.kind != table[i].kind)
			fail_msg("%d %s: %s", table[i].status, table[i].body,
				answer_kind_name(answer.kind));
		assert_string_equal(answer.provider_id, answer.kind == ANSWER_ACCEPTED ? UUID : "");
	}
}

static void an_id_that_does_not_fit_is_none(void **state)
{
	char *id = xcalloc(1, 81), *body;
	struct provider_answer answer;

	(void)state;
	memset(id, 'x', 80);
	body = xasprintf("{\"message_uuid\":[\"%s\"]}", id);
	provider->answer(&account, &(struct provider_reply){202, body, strlen(body)}, &answer);
	assert_int_equal(answer.kind, ANSWER_UNKNOWN);
	free(body);
	free(id);
}

static void it_is_found_and_runs_no_errands(void **state)
{
	(void)state;
	assert_ptr_equal(provider_find("plivo"), provider);
	assert_true(provider->one_secret);
	assert_null(provider->errand);
	assert_null(provider->errand_answer);
	assert_null(provider->ok_body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_read),
		cmocka_unit_test(a_text_may_come_by_get),
		cmocka_unit_test(links_of_pictures_are_kept),
		cmocka_unit_test(senders_that_are_no_numbers_stay),
		cmocka_unit_test(broken_characters_are_shown_not_lost),
		cmocka_unit_test(what_is_wrong_with_a_text_is_named),
		cmocka_unit_test(a_receipt_tells_what_became_of_which_text),
		cmocka_unit_test(a_receipt_may_come_by_get),
		cmocka_unit_test(states_of_the_provider_become_ours),
		cmocka_unit_test(a_text_is_no_sooner_there_than_its_first_part),
		cmocka_unit_test(a_receipt_that_says_nothing_is_refused),
		cmocka_unit_test(a_text_is_written_as_plivo_wants_it),
		cmocka_unit_test(words_are_not_logged_when_asked),
		cmocka_unit_test(only_an_id_in_a_2xx_means_accepted),
		cmocka_unit_test(an_id_that_does_not_fit_is_none),
		cmocka_unit_test(it_is_found_and_runs_no_errands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
