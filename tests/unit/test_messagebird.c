/* MessageBird: texts of long and short numbers, receipts by GET, requests and answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/fail.h>

#include "tests/lib/adapter.h"
#include "tests/lib/shape.h"

#define URL    "https://sms.example.org/messagebird/acct/sms"
#define STATUS "https://sms.example.org/messagebird/acct/status"
#define OURS   "a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=2"

/* --- texts ----------------------------------------------------------------------------------- */

static bool read_params(bool is_posted, enum webhook_about about, const char *params,
	struct inbound *inbound, struct fail *fail)
{
	struct account account = adapter_account("messagebird", "secret", NULL);
	struct shaped shaped;
	bool done;

	shape_open(&shaped, is_posted ? BY_FORM : BY_GET, about, is_posted ? URL "?" OURS : URL,
		params);
	done = adapter_read(shaped.posted, &provider_messagebird, &account, inbound, fail);
	shaped.posted = NULL;
	shape_close(&shaped);
	return done;
}

static void texts_of_long_and_short_numbers_are_read(void **state)
{
	static const struct {
		const char *params, *to;
	} table[] = {{"id=ab12&originator=12025550111&recipient=12025550100&body=hi+%C3%A9"
		      "&createdDatetime=2026-02-16T09%3A36%3A07%2B00%3A00",
			     "+12025550100"},
		{"mid=ab12&originator=12025550111&shortcode=24273&message=hi+%C3%A9"
		 "&receive_datetime=20260216093607",
			"24273"}};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		for (int posted = 0; posted < 2; posted++) {
			assert_true(read_params(posted, ABOUT_TEXT, table[i].params, &in, &fail));
			assert_int_equal(in.ntexts, 1);
			assert_string_equal(in.texts[0].event_id, "messagebird:acct:ab12:text");
			assert_string_equal(in.texts[0].provider_id, "ab12");
			assert_string_equal(in.texts[0].from, "+12025550111");
			assert_string_equal(in.texts[0].to, table[i].to);
			assert_string_equal(in.texts[0].body, "hi \xc3\xa9");
			assert_false(in.texts[0].repaired);
			assert_null(in.texts[0].media);
			inbound_clear(&in);
		}
	}
}

#define FROM_TO "originator=12025550111&recipient=12025550100"

static void pictures_may_come_without_words(void **state)
{
	static const struct {
		const char *params, *words;
		size_t media;
	} table[] = {
		{"id=1&" FROM_TO "&mediaUrls=https%3A%2F%2Fm%2F1&mediaUrls=https%3A%2F%2Fm%2F2", "",
			2},
		{"id=1&" FROM_TO "&mediaUrls=https%3A%2F%2Fm%2F1&body=help", "help", 1},
		{"id=1&" FROM_TO "&mediaUrls=&body=x", "x", 0},
		{"mid=1&originator=12025550111&shortcode=24273&message=help&mediaUrls=u", "help",
			1},
		{"mid=1&originator=12025550111&shortcode=24273&mediaUrls=u", "", 1},
		{"id=1&" FROM_TO "&body=x&mediaUrls=1&mediaUrls=2&mediaUrls=3&mediaUrls=4"
		 "&mediaUrls=5&mediaUrls=6&mediaUrls=7&mediaUrls=8&mediaUrls=9&mediaUrls=10"
		 "&mediaUrls=11",
			"x", 10},
	};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_true(read_params(true, ABOUT_TEXT, table[i].params, &in, &fail));
		assert_string_equal(in.texts[0].body, table[i].words);
		assert_int_equal(json_array_size(in.texts[0].media), table[i].media);
		inbound_clear(&in);
	}
}

static void broken_characters_are_shown_not_lost(void **state)
{
	struct inbound in;
	struct fail fail;

	(void)state;
	assert_true(read_params(true, ABOUT_TEXT, "id=1&" FROM_TO "&body=die%00n%FFw", &in, &fail));
	assert_string_equal(in.texts[0].body, "die\xef\xbf\xbdn\xef\xbf\xbdw");
	assert_true(in.texts[0].repaired);
	inbound_clear(&in);
}

static void what_does_not_fit_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"id=1&" FROM_TO, "body is missing"},
		{"id=1&" FROM_TO "&body=a&body=b", "body is there more than once"},
		{"id=1&" FROM_TO "&body=a&body=b&mediaUrls=u", "body is there more than once"},
		{"id=1&" FROM_TO "&message=a", "body is missing"},
		{FROM_TO "&body=a", "id is missing"},
		{"id=&" FROM_TO "&body=a", "id is empty"},
		{"id=a+b&" FROM_TO "&body=a", "id is malformed"},
		{"id=1&id=2&" FROM_TO "&body=a", "id is there more than once"},
		{"id=1&recipient=1&body=a", "originator is missing"},
		{"id=1&originator=1&body=a", "recipient is missing"},
		{"id=1&originator=1&shortcode=24273&message=a", "mid is missing"},
		{"mid=1&originator=1&shortcode=24273&body=a", "message is missing"},
		{"mid=1&originator=1&shortcode=1&shortcode=2&message=a", "shortcode is there more"},
		{"id=1&originator=1%002&recipient=1&body=a", "originator is"},
		{"id=1&originator=12345678901234567890123456789012&recipient=1&body=a",
			"originator is"},
		{"", "id is missing"},
	};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (int posted = 0; posted < 2; posted++) {
			assert_false(read_params(posted, ABOUT_TEXT, bad[i][0], &in, &fail));
			if (!strstr(fail.text, bad[i][1]))
				fail_msg("%s: %s", bad[i][0], fail.text);
			inbound_clear(&in);
		}
	}
}

static void a_body_that_is_no_form_is_refused(void **state)
{
	struct account account = adapter_account("messagebird", "secret", NULL);
	char *many = xcalloc(1, 20001);
	struct posted *get = posted_get(ABOUT_TEXT, URL);
	struct inbound in;
	struct fail fail;

	(void)state;
	posted_refused(posted_json(ABOUT_TEXT, URL "?id=1&" FROM_TO "&body=x", "{\"id\":\"1\"}"),
		&provider_messagebird, &account, "no parameters");
	get->webhook.query = NULL;
	posted_refused(get, &provider_messagebird, &account, "no parameters");
	snprintf(many, 20001, "id=1&" FROM_TO "&body=%*s", 16500, "");
	for (size_t i = 0; many[i]; i++)
		many[i] = many[i] == ' ' ? '+' : many[i];
	assert_false(read_params(true, ABOUT_TEXT, many, &in, &fail));
	assert_non_null(strstr(fail.text, "longer than any text"));
	inbound_clear(&in);
	free(many);
}

/* --- receipts -------------------------------------------------------------------------------- */

static void every_state_becomes_one_of_ours(void **state)
{
	static const struct {
		const char *told, *status;
		enum answer_kind why;
	} table[] = {{"scheduled", "queued", ANSWER_ACCEPTED}, {"sent", "sent", ANSWER_ACCEPTED},
		{"buffered", "sent", ANSWER_ACCEPTED}, {"delivered", "delivered", ANSWER_ACCEPTED},
		{"expired", "undelivered", ANSWER_NETWORK},
		{"delivery_failed", "undelivered", ANSWER_UNKNOWN},
		{"something_new", "queued", ANSWER_ACCEPTED}};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *params = xasprintf("id=ab12&reference=x&recipient=12025550111&status=%s"
					 "&statusDatetime=2026-02-16T09%%3A36%%3A07%%2B00%%3A00"
					 "&statusReason=y&" OURS,
			table[i].told);
		char *id = xasprintf("messagebird:acct:ab12:%s", table[i].told);

		assert_true(read_params(false, ABOUT_RECEIPT, params, &in, &fail));
		assert_int_equal(in.nreceipts, 1);
		assert_string_equal(in.receipts[0].event_id, id);
		assert_string_equal(in.receipts[0].provider_id, "ab12");
		assert_string_equal(in.receipts[0].status, table[i].status);
		assert_int_equal(in.receipts[0].why, table[i].why);
		assert_int_equal(in.receipts[0].error, 0);
		assert_string_equal(in.receipts[0].to, "+12025550111");
		assert_string_equal(in.receipts[0].actor, "p2a-0123456789abcdef");
		assert_string_equal(in.receipts[0].job, "p2a-0123456789abcdef.7");
		assert_int_equal(in.receipts[0].attempt, 2);
		inbound_clear(&in);
		free(params);
		free(id);
	}
}

static void every_reason_is_told_apart(void **state)
{
	static const struct {
		int code;
		enum answer_kind why;
	} table[] = {{1, ANSWER_BAD_NUMBER}, {2, ANSWER_BAD_NUMBER}, {3, ANSWER_BAD_NUMBER},
		{4, ANSWER_BAD_NUMBER}, {5, ANSWER_BAD_NUMBER}, {6, ANSWER_NETWORK},
		{13, ANSWER_BLOCKED}, {27, ANSWER_NETWORK}, {31, ANSWER_NETWORK},
		{33, ANSWER_NETWORK}, {34, ANSWER_NETWORK}, {103, ANSWER_OPTED_OUT},
		{999, ANSWER_UNKNOWN}};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *params = xasprintf("id=1&recipient=1&status=%s&statusErrorCode=%d",
			table[i].code == 999 ? "delivery_failed" : "expired", table[i].code);

		assert_true(read_params(false, ABOUT_RECEIPT, params, &in, &fail));
		assert_int_equal(in.receipts[0].error, table[i].code);
		assert_int_equal(in.receipts[0].why, table[i].why);
		assert_string_equal(in.receipts[0].actor, "");
		assert_string_equal(in.receipts[0].job, "");
		inbound_clear(&in);
		free(params);
	}
}

static void a_posted_receipt_has_our_ids_in_the_url(void **state)
{
	struct inbound in;
	struct fail fail;

	(void)state;
	assert_true(read_params(true, ABOUT_RECEIPT, "id=1&status=sent", &in, &fail));
	assert_string_equal(in.receipts[0].job, "p2a-0123456789abcdef.7");
	inbound_clear(&in);
}

static void a_receipt_that_does_not_fit_is_refused(void **state)
{
	static const char *const bad[] = {"id=1", "status=sent", "id=1&status=", "id=1&status=a+b",
		"id=1&status=sent&status=delivered", "id=a%2Fb&status=sent",
		"id=1&id=1&status=sent", "id=1&status=far_too_long_to_be_any_state"};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(read_params(false, ABOUT_RECEIPT, bad[i], &in, &fail));
		inbound_clear(&in);
	}
}

/* --- sending --------------------------------------------------------------------------------- */

static void a_text_is_written_as_messagebird_wants_it(void **state)
{
	struct account account = adapter_account("messagebird", "secret", NULL);
	struct outbound_text text = {.to = "+12025550111",
		.from = "+12025550100",
		.body = "a & \"b\" \xc3\xa9",
		.job = "p2a-0123456789abcdef.7",
		.attempt = 2,
		.callback_url = STATUS "?" OURS,
		.validity_s = 3600};
	struct provider_request request;

	(void)state;
	provider_messagebird.build(&account, &text, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://api.example.org/messages");
	assert_string_equal(request.type, "application/json");
	assert_string_equal(request.body,
		"{\"type\":\"sms\",\"originator\":\"12025550100\",\"recipients\":[\"12025550111\"],"
		"\"body\":\"a & \\\"b\\\" \xc3\xa9\",\"datacoding\":\"auto\","
		"\"reference\":\"p2a-0123456789abcdef.7\",\"reportUrl\":\"" STATUS "?" OURS
		"\",\"validity\":3600}");
	assert_null(request.user);
	assert_null(request.password);
	assert_string_equal(request.headers[0].name, "Authorization");
	assert_string_equal(request.headers[0].value, "AccessKey api secret");
	assert_null(request.headers[1].name);
	provider_request_clear(&request);
}

static void what_is_not_asked_for_is_left_out(void **state)
{
	struct account account = adapter_account("messagebird", "secret", NULL);
	struct outbound_text text = {
		.to = "+12025550111", .from = "24273", .body = "x", .validity_s = -1};
	struct provider_request request;

	(void)state;
	provider_messagebird.build(&account, &text, &request);
	assert_string_equal(request.body,
		"{\"type\":\"sms\",\"originator\":\"24273\",\"recipients\":[\"12025550111\"],"
		"\"body\":\"x\",\"datacoding\":\"auto\"}");
	provider_request_clear(&request);
}

/* --- answers --------------------------------------------------------------------------------- */

#define CREATED                                                                                    \
	"{\"id\":\"ab12\",\"recipients\":{\"totalCount\":1,\"items\":[{\"recipient\":12025550111," \
	"\"status\":\"sent\"}]}}"

static void only_an_id_in_a_2xx_means_accepted(void **state)
{
	struct provider_answer answer = adapter_answer(&provider_messagebird, 201, CREATED);
	static const struct {
		int status;
		const char *body;
	} unknown[] = {{201, ""}, {201, "{}"}, {201, "{\"id\":\"ab12\",\"rec"},
		{201, "{\"id\":\"\"}"}, {201, "{\"id\":\"a b\"}"}, {201, "{\"id\":{}}"},
		{200, "<html>ok</html>"}, {201, "[]"}, {302, CREATED}, {0, ""}};

	(void)state;
	assert_int_equal(answer.kind, ANSWER_ACCEPTED);
	assert_string_equal(answer.provider_id, "ab12");
	assert_int_equal(answer.error, 0);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(
			adapter_answer(&provider_messagebird, unknown[i].status, unknown[i].body)
				.kind,
			ANSWER_UNKNOWN);
}

#define ERROR(code, parameter)                                                                     \
	"{\"errors\":[{\"code\":" code ",\"description\":\"d\",\"parameter\":" parameter           \
	"},{\"code\":99,\"parameter\":\"body\"}]}"

static void refusals_are_told_apart(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum answer_kind kind;
		int error;
	} table[] = {
		{401, ERROR("2", "\"access_key\""), ANSWER_ACCOUNT, 2},
		{401, "", ANSWER_ACCOUNT, 0},
		{402, ERROR("25", "null"), ANSWER_ACCOUNT, 25},
		{422, ERROR("9", "\"originator\""), ANSWER_ACCOUNT, 9},
		{422, ERROR("10", "\"reportUrl\""), ANSWER_ACCOUNT, 10},
		{422, ERROR("9", "\"recipient\""), ANSWER_BAD_NUMBER, 9},
		{422, ERROR("10", "\"recipients\""), ANSWER_BAD_NUMBER, 10},
		{422, ERROR("10", "\"body\""), ANSWER_CONTENT, 10},
		{422, ERROR("777", "1"), ANSWER_ACCOUNT, 777},
		{405, ERROR("2", "null"), ANSWER_ACCOUNT, 2},
		{429, ERROR("2", "null"), ANSWER_RATE, 2},
		{429, "", ANSWER_RATE, 0},
		{422, "{\"errors\":[]}", ANSWER_UNKNOWN, 0},
		{422, "{\"errors\":[{\"code\":10,", ANSWER_UNKNOWN, 0},
		{404, "<html>a proxy</html>", ANSWER_UNKNOWN, 0},
		{400, "<html>a proxy</html>", ANSWER_UNKNOWN, 0},
		{408, ERROR("2", "null"), ANSWER_UNKNOWN, 2},
		{500, ERROR("99", "null"), ANSWER_UNKNOWN, 99},
		{503, "", ANSWER_UNKNOWN, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct provider_answer answer =
			adapter_answer(&provider_messagebird, table[i].status, table[i].body);

		if (answer.kind != table[i].kind || answer.error != table[i].error)
			fail_msg("%d %s: %s %d", table[i].status, table[i].body,
				answer_kind_name(answer.kind), answer.error);
		assert_string_equal(answer.provider_id, "");
	}
}

static void it_is_found_by_its_name(void **state)
{
	(void)state;
	assert_ptr_equal(provider_find("messagebird"), &provider_messagebird);
	assert_true(provider_messagebird.takes_get);
	assert_null(provider_messagebird.errand);
	assert_string_equal(provider_messagebird.ok_body, "OK");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_of_long_and_short_numbers_are_read),
		cmocka_unit_test(pictures_may_come_without_words),
		cmocka_unit_test(broken_characters_are_shown_not_lost),
		cmocka_unit_test(what_does_not_fit_is_named),
		cmocka_unit_test(a_body_that_is_no_form_is_refused),
		cmocka_unit_test(every_state_becomes_one_of_ours),
		cmocka_unit_test(every_reason_is_told_apart),
		cmocka_unit_test(a_posted_receipt_has_our_ids_in_the_url),
		cmocka_unit_test(a_receipt_that_does_not_fit_is_refused),
		cmocka_unit_test(a_text_is_written_as_messagebird_wants_it),
		cmocka_unit_test(what_is_not_asked_for_is_left_out),
		cmocka_unit_test(only_an_id_in_a_2xx_means_accepted),
		cmocka_unit_test(refusals_are_told_apart),
		cmocka_unit_test(it_is_found_by_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
