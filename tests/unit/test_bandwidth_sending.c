/* Bandwidth's adapter: what is sent, what answers mean, and what became of a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <warmline/fail.h>
#include <warmline/provider.h>

#include "tests/lib/desk.h"

#define JOB "p2a-0123456789abcdef.7"

static int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	struct account *account = &desk->account;

	desk_open(desk, &provider_bandwidth, "/bandwidth/sms");
	text_set(account->user, sizeof(account->user), "api-user");
	text_set(account->application, sizeof(account->application), "93de2206-9669");
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	desk_close(*state);
	free(*state);
	return 0;
}

/* --- sending --------------------------------------------------------------------------------- */

static void a_text_is_written_as_bandwidth_wants_it(void **state)
{
	struct desk *desk = *state;
	struct outbound_text text = {.to = "+12025550111",
		.from = "+12025550100",
		.body = "a \"b\" \xc3\xa9",
		.actor = "p2a-0123456789abcdef",
		.job = JOB,
		.attempt = 2,
		.callback_url = "https://w/not/used",
		.validity_s = 3600,
		.now_s = 1760000000};
	struct provider_request request;

	provider_bandwidth.build(&desk->account, &text, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://api.example.org/api/v2/users/acct-1/messages");
	assert_string_equal(request.type, "application/json");
	assert_string_equal(request.user, "api-user");
	assert_string_equal(request.password, "key-1");
	assert_null(request.headers[0].name);
	assert_string_equal(request.body,
		"{\"applicationId\":\"93de2206-9669\",\"to\":[\"+12025550111\"],"
		"\"from\":\"+12025550100\",\"text\":\"a \\\"b\\\" \xc3\xa9\",\"tag\":\"" JOB ".2\","
		"\"expiration\":\"2025-10-09T09:53:20Z\"}");
	provider_request_clear(&request);
	text.validity_s = 0;
	provider_bandwidth.build(&desk->account, &text, &request);
	assert_null(strstr(request.body, "expiration"));
	provider_request_clear(&request);
}

static void only_an_id_in_a_2xx_means_accepted(void **state)
{
	const char *good = "{'id':'1589228074636lm4k2je7j7jklbn2','owner':'+12025550100',"
			   "'segmentCount':1,'direction':'out'}";
	struct provider_answer answer = desk_answer(*state, 202, good);

	assert_int_equal(answer.kind, ANSWER_ACCEPTED);
	assert_string_equal(answer.provider_id, "1589228074636lm4k2je7j7jklbn2");
	assert_int_equal(answer.error, 0);
	assert_int_equal(desk_answer(*state, 202, "").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 202, "{}").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 202, "{'id':''}").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 202, "{'id':'1'").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 202, "[{'id':'1'}]").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 200, "<html>hello</html>").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 302, good).kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 500, good).kind, ANSWER_UNKNOWN);
}

static void refusals_are_told_apart(void **state)
{
#define ERROR "{'type':'request-validation','description':'d','fieldErrors':[]}"
	static const struct {
		int status;
		const char *body;
		enum answer_kind kind;
	} table[] = {{400, ERROR, ANSWER_ACCOUNT}, {401, ERROR, ANSWER_ACCOUNT},
		{403, ERROR, ANSWER_ACCOUNT}, {404, ERROR, ANSWER_ACCOUNT},
		{415, ERROR, ANSWER_ACCOUNT}, {401, "", ANSWER_ACCOUNT}, {403, "", ANSWER_ACCOUNT},
		{429, "{'type':'max-message-queue-size-exceeded','description':'d'}", ANSWER_RATE},
		{429, "", ANSWER_RATE}, {400, "", ANSWER_UNKNOWN}, {404, "", ANSWER_UNKNOWN},
		{400, "<html>a proxy</html>", ANSWER_UNKNOWN}, {400, "{}", ANSWER_UNKNOWN},
		{400, "{'type':'about:blank'}", ANSWER_UNKNOWN},
		{400, "{'description':'d'}", ANSWER_UNKNOWN}, {408, ERROR, ANSWER_UNKNOWN},
		{500, ERROR, ANSWER_UNKNOWN}, {503, "", ANSWER_UNKNOWN}, {0, "", ANSWER_UNKNOWN}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct provider_answer answer = desk_answer(*state, table[i].status, table[i].body);

		assert_int_equal(answer.kind, table[i].kind);
		assert_string_equal(answer.provider_id, "");
	}
}

/* --- errands --------------------------------------------------------------------------------- */

static const struct errand look_up = {ERRAND_LOOK_UP, "9e0df4ca=b18d", "+12025550111"};

static enum errand_state looked_up(
	struct desk *desk, int status, const char *list, struct inbound_receipt *receipt)
{
	struct provider_reply reply = {.status = status};
	enum errand_state found;
	char *body = xasprintf("{'totalCount':1,'messages':%s}", list), *quoted = desk_quoted(body);

	reply.body = quoted;
	reply.len = strlen(quoted);
	*receipt = (struct inbound_receipt){.attempt = 0};
	found = provider_bandwidth.errand_answer(&desk->account, &look_up, 0, &reply, receipt);
	free(body);
	free(quoted);
	return found;
}

static void a_look_up_asks_for_one_id(void **state)
{
	struct desk *desk = *state;
	const struct errand redact = {ERRAND_REDACT, "m-1", "+12025550111"};
	const struct errand foreign = {ERRAND_LOOK_UP, "a&messageStatus=SENT", "+12025550111"};
	struct provider_request request;

	assert_true(provider_bandwidth.errand(&desk->account, &look_up, 0, &request));
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.url, "https://api.example.org/api/v2/users/acct-1/messages"
					 "?messageId=9e0df4ca%3Db18d");
	assert_string_equal(request.user, "api-user");
	assert_null(request.body);
	provider_request_clear(&request);
	assert_false(provider_bandwidth.errand(&desk->account, &redact, 0, &request));
	assert_false(provider_bandwidth.errand(&desk->account, &look_up, 1, &request));
	assert_false(provider_bandwidth.errand(&desk->account, &foreign, 0, &request));
}

static void a_list_tells_what_became_of_a_text(void **state)
{
#define LISTED(rest) "{'messageId':'9e0df4ca=b18d','messageDirection':'OUTBOUND'," rest "}"
	static const struct {
		const char *list, *status;
		enum answer_kind why;
	} table[] = {{"[" LISTED("'messageStatus':'DELIVERED'") "]", "delivered", ANSWER_ACCEPTED},
		{"[" LISTED("'messageStatus':'QUEUED'") "]", "queued", ANSWER_ACCEPTED},
		{"[" LISTED("'messageStatus':'ACCEPTED'") "]", "queued", ANSWER_ACCEPTED},
		{"[" LISTED("'messageStatus':'SENDING'") "]", "queued", ANSWER_ACCEPTED},
		{"[" LISTED("'messageStatus':'SENT'") "]", "sent", ANSWER_ACCEPTED},
		{"[" LISTED("'messageStatus':'UNDELIVERED','errorCode':4775") "]", "undelivered",
			ANSWER_OPTED_OUT},
		{"[" LISTED("'messageStatus':'FAILED','errorCode':9902") "]", "sent",
			ANSWER_ACCEPTED},
		{"[{'messageId':'other','messageStatus':'SENT'}," LISTED(
			 "'messageStatus':'FAILED','errorCode':4404") "]",
			"failed", ANSWER_BAD_NUMBER}};
	struct inbound_receipt receipt;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		assert_int_equal(looked_up(*state, 200, table[i].list, &receipt), ERRAND_DONE);
		assert_string_equal(receipt.status, table[i].status);
		assert_int_equal(receipt.why, table[i].why);
		assert_string_equal(receipt.provider_id, look_up.provider_id);
	}
	looked_up(*state, 200,
		"[" LISTED("'messageStatus':'DELIVERED','destinationTn':'+12025550111'") "]",
		&receipt);
	assert_string_equal(receipt.event_id, "bandwidth:acct-1:9e0df4ca=b18d:delivered");
	assert_string_equal(receipt.to, "+12025550111");
}

static void a_list_without_the_text_tells_nothing(void **state)
{
	struct inbound_receipt receipt;
	const char *good = "[" LISTED("'messageStatus':'SENT'") "]";

	assert_int_equal(looked_up(*state, 404, "[]", &receipt), ERRAND_NEVER);
	assert_int_equal(looked_up(*state, 200, "[]", &receipt), ERRAND_LATER);
	assert_int_equal(looked_up(*state, 200, "7", &receipt), ERRAND_LATER);
	assert_int_equal(looked_up(*state, 200, "<html>", &receipt), ERRAND_LATER);
	assert_int_equal(looked_up(*state, 200, "[{'messageId':'other'}]", &receipt), ERRAND_LATER);
	assert_int_equal(looked_up(*state, 200, "[" LISTED("'messageStatus':''") "]", &receipt),
		ERRAND_LATER);
	assert_int_equal(looked_up(*state, 200,
				 "[{'messageId':'9e0df4ca=b18d','messageDirection':'INBOUND',"
				 "'messageStatus':'RECEIVED'}]",
				 &receipt),
		ERRAND_LATER);
	assert_int_equal(looked_up(*state, 500, good, &receipt), ERRAND_LATER);
	assert_int_equal(looked_up(*state, 429, "[]", &receipt), ERRAND_LATER);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DESK(a_text_is_written_as_bandwidth_wants_it),
		WITH_DESK(only_an_id_in_a_2xx_means_accepted),
		WITH_DESK(refusals_are_told_apart),
		WITH_DESK(a_look_up_asks_for_one_id),
		WITH_DESK(a_list_tells_what_became_of_a_text),
		WITH_DESK(a_list_without_the_text_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
