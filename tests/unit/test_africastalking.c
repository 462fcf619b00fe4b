/* Africa's Talking: callbacks in the shapes of its documentation, what is sent, and what its 201
 * really says. */
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

#define FORM "application/x-www-form-urlencoded"
#define COMMON                                                                                     \
	"id=2cd4f2a5-7b9c&from=%2B254711000111&to=20880&linkId=SampleLinkId123&networkCode=63902"  \
	"&date=2026-11-28T00%3A14%3A13Z&cost=KES+0.8"
#define FFFD "\xef\xbf\xbd"

static struct account account_made(void)
{
	return (struct account){.kind = "africastalking",
		.id = "sandbox",
		.api_url = "https://api.example.org",
		.api_secret = "key",
		.path_tokens = {"token"},
		.npath_tokens = 1};
}

static bool read_at(
	const char *target, const char *body, struct inbound *inbound, struct fail *fail)
{
	struct account account = account_made();
	struct hook hook;
	bool done;

	*inbound = (struct inbound){.texts = NULL};
	hook_open(&hook, "POST", target, FORM, body, strlen(body));
	done = provider_africastalking.read(&account, &hook.webhook, inbound, fail);
	hook_close(&hook);
	return done;
}

/* --- texts ------------------------------------------------------------------------------------ */

static void a_text_is_taken_with_either_date(void **state)
{
	static const char *const bodies[] = {COMMON "&text=I+want++to+%C3%A9",
		"id=2cd4f2a5-7b9c&from=254711000111&to=20880&date=2026-11-28+00%3A14%3A13"
		"&text=I+want++to+%C3%A9"};
	struct inbound in;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		assert_true(read_at("/sms", bodies[i], &in, NULL));
		assert_int_equal(in.ntexts, 1);
		assert_string_equal(
			in.texts[0].event_id, "africastalking:sandbox:2cd4f2a5-7b9c:text");
		assert_string_equal(in.texts[0].provider_id, "2cd4f2a5-7b9c");
		assert_string_equal(in.texts[0].from, "+254711000111");
		assert_string_equal(in.texts[0].to, "20880");
		assert_string_equal(in.texts[0].body, "I want  to \xc3\xa9");
		assert_string_equal(in.texts[0].opt_out, "");
		assert_false(in.texts[0].repaired);
		inbound_clear(&in);
	}
}

static void words_are_kept_whatever_they_are(void **state)
{
	static const char *const words[][2] = {{"", ""}, {"STOP", "STOP"},
		{"die%00now", "die" FFFD "now"}, {"a%FFb", "a" FFFD "b"},
		{"x%E2%82", "x" FFFD FFFD}, {"%F0%9F%91%8D", "\xf0\x9f\x91\x8d"}};
	struct inbound in;
	char *body;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		body = xasprintf("%s&text=%s", COMMON, words[i][0]);
		assert_true(read_at("/sms", body, &in, NULL));
		assert_string_equal(in.texts[0].body, words[i][1]);
		assert_int_equal(in.texts[0].repaired, strstr(words[i][1], FFFD) != NULL);
		assert_string_equal(in.texts[0].opt_out, "");
		inbound_clear(&in);
		free(body);
	}
}

static void an_opt_out_notice_is_a_stop_without_words(void **state)
{
	struct inbound in, again;
	struct account account = account_made();
	struct hook hook;
	const char *body = "senderId=PEERLINE&phoneNumber=%2B254711000111";

	(void)state;
	assert_true(read_at("/sms", body, &in, NULL));
	assert_int_equal(in.ntexts, 1);
	assert_string_equal(in.texts[0].opt_out, "STOP");
	assert_string_equal(in.texts[0].body, "");
	assert_string_equal(in.texts[0].from, "+254711000111");
	assert_string_equal(in.texts[0].to, "PEERLINE");
	assert_ptr_equal(
		strstr(in.texts[0].event_id, "africastalking:sandbox:hash."), in.texts[0].event_id);
	/* Another one later is another event: it may follow a START. */
	again = (struct inbound){.texts = NULL};
	hook_open(&hook, "POST", "/sms", FORM, body, strlen(body));
	hook.webhook.now_s++;
	assert_true(provider_africastalking.read(&account, &hook.webhook, &again, NULL));
	assert_string_not_equal(in.texts[0].event_id, again.texts[0].event_id);
	hook_close(&hook);
	inbound_clear(&in);
	inbound_clear(&again);
}

static void news_of_premium_products_is_ignored(void **state)
{
	struct inbound in;

	(void)state;
	assert_true(read_at("/sms",
		"phoneNumber=%2B254711000111&shortCode=20880&keyword=k&updateType=addition", &in,
		NULL));
	assert_int_equal(in.ntexts, 0);
	assert_int_equal(in.ignored, 1);
	inbound_clear(&in);
}

/* --- receipts --------------------------------------------------------------------------------- */

static void every_status_and_reason_is_read(void **state)
{
	static const struct {
		const char *told, *reason, *status;
		enum answer_kind why;
	} cases[] = {
		{"Sent", NULL, "sent", ANSWER_ACCEPTED},
		{"Submitted", NULL, "sent", ANSWER_ACCEPTED},
		{"Buffered", NULL, "sent", ANSWER_ACCEPTED},
		{"Success", NULL, "delivered", ANSWER_ACCEPTED},
		{"Success", "UserInBlackList", "delivered", ANSWER_ACCEPTED},
		{"Rejected", NULL, "failed", ANSWER_UNKNOWN},
		{"Failed", NULL, "undelivered", ANSWER_UNKNOWN},
		{"Expired", NULL, "undelivered", ANSWER_NETWORK},
		{"AbsentSubscriber", NULL, "undelivered", ANSWER_NETWORK},
		{"SomethingNew", NULL, "queued", ANSWER_ACCEPTED},
		{"Rejected", "UserInBlackList", "failed", ANSWER_OPTED_OUT},
		{"Rejected", "UserInBlacklist", "failed", ANSWER_OPTED_OUT},
		{"Rejected", "DoNotDisturbRejection", "failed", ANSWER_BLOCKED},
		{"Rejected", "InvalidLinkId", "failed", ANSWER_ACCOUNT},
		{"Rejected", "UserNotSubscribedToProduct", "failed", ANSWER_ACCOUNT},
		{"Failed", "InsufficientCredit", "undelivered", ANSWER_NETWORK},
		{"Failed", "UserIsInactive", "undelivered", ANSWER_NETWORK},
		{"Failed", "UserAccountSuspended", "undelivered", ANSWER_NETWORK},
		{"Failed", "AbsentSubscriber", "undelivered", ANSWER_NETWORK},
		{"Failed", "NotNetworkSubscriber", "undelivered", ANSWER_ACCOUNT},
		{"Failed", "NotNetworkSubcriber", "undelivered", ANSWER_ACCOUNT},
		{"Failed", "UserDoesNotExist", "undelivered", ANSWER_BAD_NUMBER},
		{"Failed", "InvalidPhoneNumber", "undelivered", ANSWER_BAD_NUMBER},
		{"Failed", "DeliveryFailure", "undelivered", ANSWER_UNKNOWN},
		{"Failed", "SomethingNew", "undelivered", ANSWER_UNKNOWN},
		{"Failed", "", "undelivered", ANSWER_UNKNOWN},
	};
	struct inbound in;
	char *body, *id;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		body = xasprintf("id=ATXid_1&phoneNumber=%%2B254711000111&networkCode=63902"
				 "&retryCount=0&status=%s%s%s",
			cases[i].told, cases[i].reason ? "&failureReason=" : "",
			cases[i].reason ? cases[i].reason : "");
		id = xasprintf("africastalking:sandbox:ATXid_1:%s", cases[i].told);
		assert_true(read_at("/status", body, &in, NULL));
		assert_int_equal(in.nreceipts, 1);
		if (strcmp(in.receipts[0].status, cases[i].status) != 0 ||
			in.receipts[0].why != cases[i].why)
			fail_msg("%s: %s, %s", body, in.receipts[0].status,
				answer_kind_name(in.receipts[0].why));
		assert_string_equal(in.receipts[0].event_id, id);
		assert_int_equal(in.receipts[0].error, 0);
		inbound_clear(&in);
		free(body);
		free(id);
	}
}

/* Nothing of ours is in it: the number and the provider's id must do. */
static void a_receipt_has_the_number_and_the_id(void **state)
{
	struct inbound in;

	(void)state;
	assert_true(read_at("/status?a=x&j=y&n=1",
		"id=ATXid_1&status=Success&phoneNumber=254711000111", &in, NULL));
	assert_string_equal(in.receipts[0].to, "+254711000111");
	assert_string_equal(in.receipts[0].provider_id, "ATXid_1");
	assert_string_equal(in.receipts[0].actor, "");
	assert_string_equal(in.receipts[0].job, "");
	inbound_clear(&in);
}

/* --- what is refused -------------------------------------------------------------------------- */

static void what_is_missing_repeated_or_malformed_is_named(void **state)
{
	static const char *const bad[][3] = {
		{"/sms", "from=1&to=2&text=x", "id is missing"},
		{"/sms", "id=1&to=2&text=x", "from is missing"},
		{"/sms", "id=1&from=1&text=x", "to is missing"},
		{"/sms", COMMON, "text is missing"},
		{"/sms", "", "id is missing"},
		{"/sms", COMMON "&text=x&text=y", "text is there more than once"},
		{"/sms", COMMON "&text=x&id=3", "id is there more than once"},
		{"/sms", COMMON "&text=x&from=3", "from is there more than once"},
		{"/sms", "id=a%2Fb&from=1&to=2&text=x", "id is malformed"},
		{"/sms", "id=1&from=1%002&to=2&text=x", "from is empty, too long or malformed"},
		{"/sms", "id=1&from=12345678901234567890123456789012&to=2&text=x", "from is empty"},
		{"/sms", "senderId=&phoneNumber=1", "senderId is empty"},
		{"/sms", "senderId=a&phoneNumber=", "phoneNumber is empty"},
		{"/sms", "senderId=a&senderId=b&phoneNumber=1", "senderId is there more"},
		{"/status", "status=Sent&phoneNumber=1", "id is missing"},
		{"/status", "id=1&phoneNumber=1", "status is missing"},
		{"/status", "id=1&status=Sent", "phoneNumber is missing"},
		{"/status", "id=1&status=Sent&status=Failed&phoneNumber=1", "status is there more"},
		{"/status", "id=1&status=S%20t&phoneNumber=1", "id or status is malformed"},
		{"/status", "id=1%2F&status=Sent&phoneNumber=1", "id or status is malformed"},
		{"/status", "id=1&status=Sent%00&phoneNumber=1", "status is empty, too long"},
		{"/status", "id=1&status=12345678901234567890123456789012&phoneNumber=1",
			"status is empty, too long"},
	};
	struct inbound in;
	struct fail fail;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fail.text[0] = '\0';
		if (read_at(bad[i][0], bad[i][1], &in, &fail) || !strstr(fail.text, bad[i][2]))
			fail_msg("%s: %s", bad[i][1], fail.text);
		inbound_clear(&in);
	}
}

static void absurd_words_and_bodies_that_are_no_form_are_refused(void **state)
{
	struct account account = account_made();
	struct inbound in = {.texts = NULL};
	struct fail fail;
	struct hook hook;
	char *words = xcalloc(1, 20001), *body;

	(void)state;
	memset(words, 'x', 20000);
	body = xasprintf("%s&text=%s", COMMON, words);
	assert_false(read_at("/sms", body, &in, &fail));
	assert_non_null(strstr(fail.text, "longer than any text"));
	inbound_clear(&in);
	hook_open(&hook, "POST", "/sms", "application/json", "{}", 2);
	assert_false(provider_africastalking.read(&account, &hook.webhook, &in, &fail));
	assert_string_equal(fail.text, "the body is no form");
	hook_close(&hook);
	free(words);
	free(body);
}

static void nothing_unprotected_is_taken(void **state)
{
	struct account account = account_made();
	struct proof proof;
	struct hook hook;

	(void)state;
	hook_open(&hook, "POST", "/sms", FORM, "", 0);
	assert_true(provider_africastalking.verify(&account, &hook.webhook, &proof));
	account.npath_tokens = 0;
	assert_false(provider_africastalking.verify(&account, &hook.webhook, &proof));
	assert_true(provider_africastalking.needs & NEED_PATH_TOKEN);
	assert_null(provider_africastalking.ok_body);
	assert_ptr_equal(provider_find("africastalking"), &provider_africastalking);
	hook_close(&hook);
}

/* --- sending ---------------------------------------------------------------------------------- */

static void a_text_is_written_as_the_api_wants_it(void **state)
{
	struct account account = account_made();
	struct outbound_text text = {.to = "+254711000111",
		.from = "20880",
		.body = "a & b \xc3\xa9",
		.actor = "p2a-0123456789abcdef",
		.job = "p2a-0123456789abcdef.7",
		.attempt = 1,
		.callback_url = "https://w/status?a=1&j=2&n=3",
		.validity_s = 3600};
	struct provider_request request = {.url = NULL};

	(void)state;
	provider_africastalking.build(&account, &text, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://api.example.org/version1/messaging");
	assert_string_equal(request.type, "application/x-www-form-urlencoded");
	assert_string_equal(request.body, "username=sandbox&to=%2B254711000111&from=20880"
					  "&message=a%20%26%20b%20%C3%A9&bulkSMSMode=1");
	assert_string_equal(request.headers[0].name, "apikey");
	assert_string_equal(request.headers[0].value, "key");
	assert_string_equal(request.headers[1].name, "Accept");
	assert_string_equal(request.headers[1].value, "application/json");
	assert_null(request.headers[2].name);
	assert_null(request.user);
	provider_request_clear(&request);
}

#define DATA(message, recipients)                                                                  \
	"{\"SMSMessageData\":{\"Message\":\"" message "\",\"Recipients\":[" recipients "]}}"
#define ONE(code, status, id)                                                                      \
	DATA("Sent to 1/1", "{\"statusCode\":" code ",\"number\":\"+254711000111\",\"status\":"    \
			    "\"" status "\",\"cost\":\"KES 0.8\",\"messageId\":\"" id "\"}")

static const struct answered {
	int status;
	const char *body;
	enum answer_kind kind;
	int error;
} answers[] = {
	{201, ONE("100", "Success", "ATXid_1"), ANSWER_ACCEPTED, 0},
	{201, ONE("101", "Success", "ATXid_1"), ANSWER_ACCEPTED, 0},
	{201, ONE("102", "Queued", "ATXid_1"), ANSWER_ACCEPTED, 0},
	{200, ONE("101", "Success", "ATXid_1"), ANSWER_ACCEPTED, 0},
	{201, ONE("\"101\"", "Success", "ATXid_1"), ANSWER_ACCEPTED, 0},
	{201, ONE("null", "Success", "ATXid_1"), ANSWER_ACCEPTED, 0},
	{201, ONE("101", "Success", "None"), ANSWER_UNKNOWN, 0},
	{201, ONE("101", "Success", ""), ANSWER_UNKNOWN, 0},
	{201, ONE("103", "Success", "ATXid_1"), ANSWER_UNKNOWN, 103},
	{201, ONE("406", "UserInBlacklist", "None"), ANSWER_OPTED_OUT, 406},
	{201, ONE("406", "Other", "None"), ANSWER_OPTED_OUT, 406},
	{201, ONE("401", "RiskHold", "None"), ANSWER_ACCOUNT, 401},
	{201, ONE("402", "InvalidSenderId", "None"), ANSWER_ACCOUNT, 402},
	{201, ONE("403", "InvalidPhoneNumber", "None"), ANSWER_BAD_NUMBER, 403},
	{201, ONE("404", "UnsupportedNumberType", "None"), ANSWER_BAD_NUMBER, 404},
	{201, ONE("405", "InsufficientBalance", "None"), ANSWER_ACCOUNT, 405},
	{201, ONE("407", "CouldNotRoute", "None"), ANSWER_ACCOUNT, 407},
	{201, ONE("409", "DoNotDisturbRejection", "None"), ANSWER_BLOCKED, 409},
	{201, ONE("499", "SomethingNew", "None"), ANSWER_ACCOUNT, 499},
	{201, ONE("500", "InternalServerError", "None"), ANSWER_UNKNOWN, 500},
	{201, ONE("501", "GatewayError", "None"), ANSWER_UNKNOWN, 501},
	{201, ONE("502", "RejectedByGateway", "None"), ANSWER_UNKNOWN, 502},
	{201, DATA("InvalidSenderId", ""), ANSWER_ACCOUNT, 0},
	{201, DATA("Sent to 0/1 Total Cost: 0", ""), ANSWER_UNKNOWN, 0},
	{201, DATA("Sent", "{\"statusCode\":101,\"messageId\":\"a\"},{\"statusCode\":401}"),
		ANSWER_UNKNOWN, 0},
	{201, DATA("Sent", "7"), ANSWER_UNKNOWN, 0},
	{201, "{\"SMSMessageData\":{\"Message\":\"InvalidSenderId\"}}", ANSWER_UNKNOWN, 0},
	{201, "{\"SMSMessageData\":{\"Recipients\":[{\"statusCode\":101,\"messageId\":\"ATX",
		ANSWER_UNKNOWN, 0},
	{201, "<html>Success</html>", ANSWER_UNKNOWN, 0},
	{201, "[]", ANSWER_UNKNOWN, 0},
	{201, "", ANSWER_UNKNOWN, 0},
	{401, "The supplied authentication is invalid", ANSWER_ACCOUNT, 0},
	{403, "", ANSWER_ACCOUNT, 0},
	{400, "Must have username in your request", ANSWER_UNKNOWN, 0},
	{429, "", ANSWER_RATE, 0},
	{408, "", ANSWER_UNKNOWN, 0},
	{500, ONE("101", "Success", "ATXid_1"), ANSWER_UNKNOWN, 0},
	{503, "<html>later</html>", ANSWER_UNKNOWN, 0},
	{302, ONE("101", "Success", "ATXid_1"), ANSWER_UNKNOWN, 0},
};

static void what_the_recipient_got_counts_not_the_201(void **state)
{
	struct account account = account_made();

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct provider_reply reply = {
			answers[i].status, answers[i].body, strlen(answers[i].body)};
		struct provider_answer answer;

		provider_africastalking.answer(&account, &reply, &answer);
		if (answer.kind != answers[i].kind || answer.error != answers[i].error)
			fail_msg("%d %s: %s, %d", answers[i].status, answers[i].body,
				answer_kind_name(answer.kind), answer.error);
		assert_string_equal(
			answer.provider_id, answer.kind == ANSWER_ACCEPTED ? "ATXid_1" : "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_is_taken_with_either_date),
		cmocka_unit_test(words_are_kept_whatever_they_are),
		cmocka_unit_test(an_opt_out_notice_is_a_stop_without_words),
		cmocka_unit_test(news_of_premium_products_is_ignored),
		cmocka_unit_test(every_status_and_reason_is_read),
		cmocka_unit_test(a_receipt_has_the_number_and_the_id),
		cmocka_unit_test(what_is_missing_repeated_or_malformed_is_named),
		cmocka_unit_test(absurd_words_and_bodies_that_are_no_form_are_refused),
		cmocka_unit_test(nothing_unprotected_is_taken),
		cmocka_unit_test(a_text_is_written_as_the_api_wants_it),
		cmocka_unit_test(what_the_recipient_got_counts_not_the_201),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
