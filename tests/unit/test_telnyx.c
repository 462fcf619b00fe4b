/* Telnyx' adapter: what is made of webhooks and answers, and what is sent. */
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

#define TARGET "/telnyx/sms?a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=2"

/* --- texts ----------------------------------------------------------------------------------- */

#define EVENT(type, rest) "{'data':{'event_type':'" type "','payload':{" rest "}}}"
#define PARTIES                                                                                    \
	"'id':'m-1','direction':'inbound','from':{'phone_number':'+12025550111'},"                 \
	"'to':[{'phone_number':'+12025550100','status':'webhook_delivered'}]"
#define RECEIVED(rest) EVENT("message.received", PARTIES rest)

/* As Telnyx sends it, with everything that we do not need. */
static const char picture[] =
	"{'data':{'event_type':'message.received','id':'b301ed3f','occurred_at':"
	"'2026-01-15T20:16:07.588+00:00','payload':{'cc':[],'completed_at':null,'cost':null,"
	"'direction':'inbound','encoding':'GSM-7','errors':[],'from':{'carrier':'Example',"
	"'line_type':'Wireless','phone_number':'+12025550111'},'id':'84cca175-9755','media':["
	"{'url':'https://media.example.org/1.png','content_type':'image/png','sha256':null,"
	"'size':102994},{'url':'https://media.example.org/2','content_type':null}],"
	"'messaging_profile_id':'740572b6','organization_id':'47a530f8','parts':1,'received_at':"
	"'2026-01-15T20:16:07.503+00:00','record_type':'message','sent_at':null,'tags':[],"
	"'text':'look \\ud83d\\udc4d','to':[{'carrier':'Telnyx','line_type':'Wireless',"
	"'phone_number':'+12025550100','status':'webhook_delivered'}],'type':'MMS','valid_until':"
	"null,'webhook_failover_url':null,'webhook_url':'https://sms.example.org'},"
	"'record_type':'event'},'meta':{'attempt':1,'delivered_to':'https://sms.example.org'}}";

static int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	desk_open(desk, &provider_telnyx, TARGET);
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	desk_close(*state);
	free(*state);
	return 0;
}

static void every_field_that_matters_is_kept(void **state)
{
	const struct inbound_text *text = desk_text(*state, picture);
	const json_t *first = json_array_get(text->media, 0);
	const json_t *second = json_array_get(text->media, 1);

	assert_string_equal(text->event_id, "telnyx:acct-1:84cca175-9755:text");
	assert_string_equal(text->provider_id, "84cca175-9755");
	assert_string_equal(text->from, "+12025550111");
	assert_string_equal(text->to, "+12025550100");
	assert_string_equal(text->body, "look \xf0\x9f\x91\x8d");
	assert_false(text->repaired);
	assert_string_equal(text->opt_out, "");
	assert_string_equal(text->part.ref, "");
	assert_int_equal(json_array_size(text->media), 2);
	assert_string_equal(json_string_value(json_object_get(first, "url")),
		"https://media.example.org/1.png");
	assert_string_equal(json_string_value(json_object_get(first, "type")), "image/png");
	assert_string_equal(json_string_value(json_object_get(second, "type")), "");
}

static void a_keyword_that_telnyx_answered_is_told(void **state)
{
	static const char *const words[][2] = {{"'STOP'", "STOP"}, {"'START'", "START"},
		{"'HELP'", "HELP"}, {"'OTHER'", ""}, {"null", ""}, {"1", ""}};
	char body[512];

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		snprintf(body, sizeof(body), RECEIVED(",'text':'x','autoresponse_type':%s"),
			words[i][0]);
		assert_string_equal(desk_text(*state, body)->opt_out, words[i][1]);
	}
}

static void a_picture_alone_is_a_text_without_words(void **state)
{
	assert_string_equal(desk_text(*state, RECEIVED(",'text':null"))->body, "");
	assert_string_equal(desk_text(*state, RECEIVED(",'text':''"))->body, "");
	assert_string_equal(desk_text(*state, RECEIVED(""))->body, "");
}

static void the_subject_of_a_picture_is_read_too(void **state)
{
	assert_string_equal(
		desk_text(*state, RECEIVED(",'text':'now','subject':'help'"))->body, "help\nnow");
	assert_string_equal(desk_text(*state, RECEIVED(",'subject':'help'"))->body, "help");
	assert_string_equal(desk_text(*state, RECEIVED(",'text':'n','subject':''"))->body, "n");
	assert_string_equal(desk_text(*state, RECEIVED(",'text':'n','subject':null"))->body, "n");
}

static void of_a_group_the_number_is_taken_that_is_ours(void **state)
{
	struct desk *desk = *state;
	const char *body = EVENT("message.received",
		"'id':'m-1','from':{'phone_number':'+12025550111'},'text':'hi','to':["
		"{'phone_number':'+12025550199'},{'phone_number':'+12025550100'}]");

	assert_string_equal(desk_text(desk, body)->to, "+12025550199");
	desk->account.numbers = calloc(1, sizeof(struct phone));
	desk->account.nnumbers = 1;
	assert_true(phone_parse("+12025550100", &desk->account.numbers[0]));
	assert_string_equal(desk_text(desk, body)->to, "+12025550100");
}

static void two_texts_with_equal_words_are_two_events(void **state)
{
	char first[EVENT_ID_SIZE];

	memcpy(first, desk_text(*state, RECEIVED(",'text':'help'"))->event_id, sizeof(first));
	assert_string_not_equal(
		desk_text(*state, EVENT("message.received",
					  "'id':'m-2','from':{'phone_number':'+12025550111'},"
					  "'to':[{'phone_number':'+12025550100'}],'text':'help'"))
			->event_id,
		first);
}

static void damaged_words_are_shown_not_lost(void **state)
{
	const struct inbound_text *text =
		desk_text(*state, RECEIVED(",'text':'a\\u0000b \\ud83d \xff'"));

	assert_string_equal(text->body, "a\xef\xbf\xbd"
					"b \xef\xbf\xbd \xef\xbf\xbd");
	assert_true(text->repaired);
}

static void what_is_missing_or_malformed_is_named(void **state)
{
#define FROM "'from':{'phone_number':'+12025550111'}"
#define TO   "'to':[{'phone_number':'+12025550100'}]"
	static const char *const bad[][2] = {
		{"", "no JSON"},
		{"not json", "no JSON"},
		{"{'data':", "no JSON"},
		{RECEIVED(",'text':'x'") "{}", "no JSON"},
		{"7", "no JSON"},
		{"[]", "event_type is missing"},
		{"{}", "event_type is missing"},
		{"{'data':7}", "event_type is missing"},
		{"{'data':{'event_type':7}}", "event_type is missing"},
		{RECEIVED(",'text':'x','text':'y'"), "no JSON"},
		{RECEIVED(",'text':'x','\\u0000':'y'"), "no JSON"},
		{"{'data':{'event_type':'message.received'}}", "id is missing"},
		{EVENT("message.received", FROM "," TO ",'text':'x'"), "id is missing"},
		{EVENT("message.received", "'id':''," FROM "," TO ",'text':'x'"), "id is empty"},
		{EVENT("message.received", "'id':'a/b'," FROM "," TO ",'text':'x'"), "id is malf"},
		{EVENT("message.received", "'id':['a']," FROM "," TO ",'text':'x'"), "id is no"},
		{EVENT("message.received", "'id':'a\\u0000'," FROM "," TO), "id is empty"},
		{EVENT("message.received", "'id':'1'," TO ",'text':'x'"), "from has no"},
		{EVENT("message.received", "'id':'1','from':'+1'," TO ",'text':'x'"), "from has"},
		{EVENT("message.received", "'id':'1'," FROM ",'text':'x'"), "to has no"},
		{EVENT("message.received", "'id':'1'," FROM ",'to':[],'text':'x'"), "to has no"},
		{EVENT("message.received", "'id':'1'," FROM ",'to':'+1','text':'x'"), "to has no"},
		{RECEIVED(",'text':7"), "text is no text"},
		{EVENT("message.sent", "'id':'1'"), "status is missing"},
		{EVENT("message.sent", "'id':'1','to':[{'status':'a b'}]"), "status is malformed"},
		{EVENT("message.sent", "'to':[{'status':'sent'}]"), "id is missing"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		desk_is_refused(*state, bad[i][0], bad[i][1]);
}

/* --- receipts -------------------------------------------------------------------------------- */

#define FINAL(rest)                                                                                \
	EVENT("message.finalized", "'id':'m-1','direction':'outbound','text':'ours'," rest)

static void a_receipt_carries_our_own_ids(void **state)
{
	const struct inbound_receipt *receipt = desk_receipt(*state,
		FINAL("'to':[{'phone_number':'+12025550111','status':'delivery_failed'}],"
		      "'errors':[{'code':'40008','title':'Undeliverable'},{'code':'40300'}]"));

	assert_string_equal(receipt->event_id, "telnyx:acct-1:m-1:delivery_failed");
	assert_string_equal(receipt->provider_id, "m-1");
	assert_string_equal(receipt->actor, "p2a-0123456789abcdef");
	assert_string_equal(receipt->job, "p2a-0123456789abcdef.7");
	assert_int_equal(receipt->attempt, 2);
	assert_string_equal(receipt->to, "+12025550111");
	assert_string_equal(receipt->status, "undelivered");
	assert_int_equal(receipt->error, 40008);
	assert_int_equal(receipt->why, ANSWER_NETWORK);
}

static void a_receipt_without_our_ids_has_none(void **state)
{
	struct desk desk;
	const struct inbound_receipt *receipt;

	(void)state;
	desk_open(&desk, &provider_telnyx, "/telnyx/sms");
	receipt = desk_receipt(&desk, FINAL("'to':[{'status':'sent'}]"));
	assert_string_equal(receipt->actor, "");
	assert_string_equal(receipt->job, "");
	assert_string_equal(receipt->to, "");
	desk_close(&desk);
}

static void states_of_the_provider_become_ours(void **state)
{
	static const struct {
		const char *told, *status;
		enum answer_kind why;
	} table[] = {{"queued", "queued", ANSWER_ACCEPTED}, {"sending", "queued", ANSWER_ACCEPTED},
		{"sent", "sent", ANSWER_ACCEPTED}, {"delivered", "delivered", ANSWER_ACCEPTED},
		{"delivery_unconfirmed", "sent", ANSWER_ACCEPTED},
		{"delivery_failed", "undelivered", ANSWER_UNKNOWN},
		{"sending_failed", "failed", ANSWER_UNKNOWN},
		{"expired", "undelivered", ANSWER_UNKNOWN},
		{"something_new", "queued", ANSWER_ACCEPTED}};
	char body[512];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct inbound_receipt *receipt;

		snprintf(body, sizeof(body), FINAL("'to':[{'status':'%s'}],'errors':[]"),
			table[i].told);
		receipt = desk_receipt(*state, body);
		assert_string_equal(receipt->status, table[i].status);
		assert_int_equal(receipt->why, table[i].why);
		assert_int_equal(receipt->error, 0);
	}
}

static const struct {
	int code;
	enum answer_kind kind;
} known_codes[] = {{40300, ANSWER_OPTED_OUT}, {40001, ANSWER_BAD_NUMBER},
	{40012, ANSWER_BAD_NUMBER}, {40310, ANSWER_BAD_NUMBER}, {40004, ANSWER_BLOCKED},
	{40002, ANSWER_CONTENT}, {40003, ANSWER_CONTENT}, {40015, ANSWER_CONTENT},
	{40017, ANSWER_CONTENT}, {40322, ANSWER_CONTENT}, {40005, ANSWER_NETWORK},
	{40006, ANSWER_NETWORK}, {40008, ANSWER_NETWORK}, {40014, ANSWER_NETWORK},
	{40011, ANSWER_RATE}, {40016, ANSWER_RATE}, {40018, ANSWER_RATE}, {40318, ANSWER_RATE},
	{40020, ANSWER_BUSY}, {40010, ANSWER_ACCOUNT}, {40305, ANSWER_ACCOUNT},
	{40312, ANSWER_ACCOUNT}, {40329, ANSWER_ACCOUNT}, {40330, ANSWER_ACCOUNT},
	{40331, ANSWER_ACCOUNT}, {40333, ANSWER_ACCOUNT}};

static void every_code_says_why(void **state)
{
	char body[512];

	for (size_t i = 0; i < sizeof(known_codes) / sizeof(known_codes[0]); i++) {
		const struct inbound_receipt *receipt;

		snprintf(body, sizeof(body),
			FINAL("'to':[{'status':'sending_failed'}],'errors':[{'code':'%d'}]"),
			known_codes[i].code);
		receipt = desk_receipt(*state, body);
		assert_int_equal(receipt->error, known_codes[i].code);
		assert_int_equal(receipt->why, known_codes[i].kind);
	}
	assert_int_equal(desk_receipt(*state, FINAL("'to':[{'status':'sending_failed'}],"
						    "'errors':[{'code':'49999'}]"))
				 ->why,
		ANSWER_UNKNOWN);
	assert_int_equal(
		desk_receipt(*state, FINAL("'to':[{'status':'sending_failed'}],'errors':{}"))->why,
		ANSWER_UNKNOWN);
}

static void direction_and_event_decide_not_the_path(void **state)
{
	struct desk *desk = *state;

	desk->hook.webhook.about = ABOUT_RECEIPT;
	desk_text(desk, RECEIVED(",'text':'hi'"));
	desk->hook.webhook.about = ABOUT_TEXT;
	desk_receipt(desk, FINAL("'to':[{'status':'delivered'}]"));
	desk_receipt(desk,
		EVENT("message.sent", "'id':'1','direction':'outbound','to':[{'status':'sent'}]"));
	desk_is_ignored(desk, EVENT("message.received", "'direction':'outbound'"));
	desk_is_ignored(desk, EVENT("message.finalized", "'direction':'inbound'"));
	desk_is_ignored(desk, EVENT("call.machine.premium.greeting.ended", ""));
	desk_is_ignored(desk, "{'data':{'event_type':'number_order.complete'}}");
}

/* --- sending --------------------------------------------------------------------------------- */

static const struct outbound_text outbound = {.to = "+12025550111",
	.from = "+12025550100",
	.body = "a \"b\" \xc3\xa9",
	.actor = "p1",
	.job = "p1.7",
	.attempt = 1,
	.callback_url = "https://w/telnyx/sms?a=p1&j=p1.7&n=1",
	.validity_s = 3600,
	.now_s = 1760000000};

static void a_text_is_written_as_telnyx_wants_it(void **state)
{
	struct desk *desk = *state;
	struct provider_request request;

	provider_telnyx.build(&desk->account, &outbound, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://api.example.org/v2/messages");
	assert_string_equal(request.type, "application/json");
	assert_string_equal(request.headers[0].name, "Authorization");
	assert_string_equal(request.headers[0].value, "Bearer key-1");
	assert_null(request.headers[1].name);
	assert_null(request.user);
	assert_string_equal(request.body,
		"{\"from\":\"+12025550100\",\"to\":\"+12025550111\","
		"\"text\":\"a \\\"b\\\" \xc3\xa9\","
		"\"webhook_url\":\"https://w/telnyx/sms?a=p1&j=p1.7&n=1\"}");
	provider_request_clear(&request);
	text_set(desk->account.application, sizeof(desk->account.application), "profile-1");
	provider_telnyx.build(&desk->account, &outbound, &request);
	assert_non_null(strstr(request.body, ",\"messaging_profile_id\":\"profile-1\"}"));
	provider_request_clear(&request);
}

static void only_an_id_in_a_2xx_means_accepted(void **state)
{
	const char *good = "{'data':{'id':'40385f64','to':[{'status':'queued'}],'errors':[]}}";
	struct provider_answer answer = desk_answer(*state, 200, good);

	assert_int_equal(answer.kind, ANSWER_ACCEPTED);
	assert_string_equal(answer.provider_id, "40385f64");
	assert_int_equal(answer.error, 0);
	assert_int_equal(desk_answer(*state, 200, "").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 200, "{'data':{}}").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 200, "{'data':{'id':''}}").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 200, "{'id':'1'}").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 200, "{'data':{'id':'1'}").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 200, "<html>hello</html>").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 302, good).kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 500, good).kind, ANSWER_UNKNOWN);
}

static void refusals_are_told_apart(void **state)
{
	struct provider_answer answer;
	char body[128];

	for (size_t i = 0; i < sizeof(known_codes) / sizeof(known_codes[0]); i++) {
		snprintf(body, sizeof(body), "{'errors':[{'code':'%d','title':'t'}]}",
			known_codes[i].code);
		answer = desk_answer(*state, i % 2 ? 400 : 403, body);
		assert_int_equal(answer.kind, known_codes[i].kind);
		assert_int_equal(answer.error, known_codes[i].code);
		assert_string_equal(answer.provider_id, "");
		assert_int_equal(desk_answer(*state, 503, body).kind, ANSWER_UNKNOWN);
		assert_int_equal(desk_answer(*state, 429, body).kind, ANSWER_RATE);
	}
}

static void what_nobody_documented_is_unknown(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum answer_kind kind;
	} table[] = {{429, "", ANSWER_RATE}, {429, "{'errors':[{'code':'10011'}]}", ANSWER_RATE},
		{401, "", ANSWER_ACCOUNT}, {403, "<html>", ANSWER_ACCOUNT},
		{400, "{'errors':[{'code':'10015'}]}", ANSWER_ACCOUNT},
		{422, "{'errors':[{'title':'no code'}]}", ANSWER_ACCOUNT},
		{400, "{'errors':[]}", ANSWER_UNKNOWN}, {400, "{}", ANSWER_UNKNOWN},
		{400, "<html>a proxy</html>", ANSWER_UNKNOWN}, {404, "", ANSWER_UNKNOWN},
		{408, "{'errors':[{'code':'40300'}]}", ANSWER_UNKNOWN},
		{500, "{'errors':[{'code':'10007'}]}", ANSWER_UNKNOWN}, {502, "", ANSWER_UNKNOWN},
		{0, "", ANSWER_UNKNOWN}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(
			desk_answer(*state, table[i].status, table[i].body).kind, table[i].kind);
}

/* --- errands --------------------------------------------------------------------------------- */

static const struct errand look_up = {ERRAND_LOOK_UP, "m-1", "+12025550111"};

static enum errand_state looked_up(
	const struct desk *desk, int status, const char *body, struct inbound_receipt *receipt)
{
	const struct provider_reply reply = {status, body, strlen(body)};

	*receipt = (struct inbound_receipt){.attempt = 0};
	return provider_telnyx.errand_answer(&desk->account, &look_up, 0, &reply, receipt);
}

static void a_text_is_looked_up(void **state)
{
	struct desk *desk = *state;
	struct provider_request request;
	struct inbound_receipt receipt;

	assert_true(provider_telnyx.errand(&desk->account, &look_up, 0, &request));
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.url, "https://api.example.org/v2/messages/m-1");
	assert_string_equal(request.headers[0].value, "Bearer key-1");
	assert_null(request.body);
	provider_request_clear(&request);
	assert_int_equal(looked_up(desk, 200,
				 "{\"data\":{\"id\":\"m-1\",\"to\":[{\"phone_number\":"
				 "\"+12025550111\",\"status\":\"sending_failed\"}],"
				 "\"errors\":[{\"code\":\"40300\"}]}}",
				 &receipt),
		ERRAND_DONE);
	assert_string_equal(receipt.event_id, "telnyx:acct-1:m-1:sending_failed");
	assert_string_equal(receipt.status, "failed");
	assert_string_equal(receipt.to, "+12025550111");
	assert_int_equal(receipt.why, ANSWER_OPTED_OUT);
	assert_int_equal(
		looked_up(desk, 500, "{\"data\":{\"id\":\"m-1\",\"to\":[{\"status\":\"sent\"}]}}",
			&receipt),
		ERRAND_LATER);
	assert_int_equal(looked_up(desk, 404, "{}", &receipt), ERRAND_NEVER);
	assert_int_equal(looked_up(desk, 200, "{}", &receipt), ERRAND_LATER);
	assert_int_equal(looked_up(desk, 200, "<html>", &receipt), ERRAND_LATER);
	assert_int_equal(looked_up(desk, 429, "", &receipt), ERRAND_LATER);
	assert_int_equal(looked_up(desk, 500, "", &receipt), ERRAND_LATER);
	assert_int_equal(looked_up(desk, 401, "", &receipt), ERRAND_LATER);
}

static void words_stay_with_telnyx(void **state)
{
	struct desk *desk = *state;
	const struct errand redact = {ERRAND_REDACT, "m-1", "+12025550111"};
	const struct errand foreign = {ERRAND_LOOK_UP, "../phone_numbers", "+12025550111"};
	struct provider_request request;

	assert_false(provider_telnyx.errand(&desk->account, &redact, 0, &request));
	assert_false(provider_telnyx.errand(&desk->account, &look_up, 1, &request));
	assert_false(provider_telnyx.errand(&desk->account, &foreign, 0, &request));
}

static void telnyx_is_found_by_its_kind(void **state)
{
	(void)state;
	assert_ptr_equal(provider_find("telnyx"), &provider_telnyx);
	assert_true(provider_telnyx.same_path);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DESK(every_field_that_matters_is_kept),
		WITH_DESK(a_keyword_that_telnyx_answered_is_told),
		WITH_DESK(a_picture_alone_is_a_text_without_words),
		WITH_DESK(the_subject_of_a_picture_is_read_too),
		WITH_DESK(of_a_group_the_number_is_taken_that_is_ours),
		WITH_DESK(two_texts_with_equal_words_are_two_events),
		WITH_DESK(damaged_words_are_shown_not_lost),
		WITH_DESK(what_is_missing_or_malformed_is_named),
		WITH_DESK(a_receipt_carries_our_own_ids),
		cmocka_unit_test(a_receipt_without_our_ids_has_none),
		WITH_DESK(states_of_the_provider_become_ours),
		WITH_DESK(every_code_says_why),
		WITH_DESK(direction_and_event_decide_not_the_path),
		WITH_DESK(a_text_is_written_as_telnyx_wants_it),
		WITH_DESK(only_an_id_in_a_2xx_means_accepted),
		WITH_DESK(refusals_are_told_apart),
		WITH_DESK(what_nobody_documented_is_unknown),
		WITH_DESK(a_text_is_looked_up),
		WITH_DESK(words_stay_with_telnyx),
		cmocka_unit_test(telnyx_is_found_by_its_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
