/* Sinch's adapter: what is made of webhooks and answers, and what is sent. */
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

#define TARGET "/sinch/sms?a=p2a-0123456789abcdef&j=p2a-0123456789abcdef.7&n=2"

static int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	desk_open(desk, &provider_sinch, TARGET);
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	desk_close(*state);
	free(*state);
	return 0;
}

/* --- texts ----------------------------------------------------------------------------------- */

#define WHO         "'id':'01FC66621','from':'12025550111','to':'12025550100'"
#define TEXT(rest)  "{'type':'mo_text'," WHO rest "}"
#define MEDIA(body) "{'type':'mo_media'," WHO ",'body':" body "}"

static void every_field_that_matters_is_kept(void **state)
{
	const struct inbound_text *text = desk_text(*state,
		"{'body':'look "
		"\\ud83d\\udc4d','from':'12025550111','id':'01FC66621VHDBN119Z8PMV1QPU',"
		"'operator_id':'35000','received_at':'2026-02-16T09:36:07.000Z','sent_at':"
		"'2026-02-16T09:36:06.500Z','client_reference':'x','to':'12025550100',"
		"'type':'mo_text'}");

	assert_string_equal(text->event_id, "sinch:acct-1:01FC66621VHDBN119Z8PMV1QPU:text");
	assert_string_equal(text->provider_id, "01FC66621VHDBN119Z8PMV1QPU");
	assert_string_equal(text->from, "+12025550111");
	assert_string_equal(text->to, "+12025550100");
	assert_string_equal(text->body, "look \xf0\x9f\x91\x8d");
	assert_false(text->repaired);
	assert_string_equal(text->opt_out, "");
	assert_null(text->media);
	assert_string_equal(desk_text(*state, TEXT(",'body':''"))->body, "");
}

static void numbers_are_e164_on_our_side(void **state)
{
	static const char *const numbers[][2] = {{"12025550111", "+12025550111"},
		{"+12025550111", "+12025550111"}, {"40404", "40404"}, {"Acme", "Acme"},
		{"447700900123", "+447700900123"}};
	char body[256];

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const struct inbound_text *text;

		snprintf(body, sizeof(body),
			"{'type':'mo_text','id':'1','from':'%s','to':'%s','body':'x'}",
			numbers[i][0], numbers[i][0]);
		text = desk_text(*state, body);
		assert_string_equal(text->from, numbers[i][1]);
		assert_string_equal(text->to, numbers[i][1]);
	}
}

static void two_texts_with_equal_words_are_two_events(void **state)
{
	char first[EVENT_ID_SIZE];

	memcpy(first, desk_text(*state, TEXT(",'body':'help'"))->event_id, sizeof(first));
	assert_string_not_equal(
		desk_text(*state, "{'type':'mo_text','id':'2','from':'1','to':'2','body':'help'}")
			->event_id,
		first);
}

static void damaged_words_are_shown_not_lost(void **state)
{
	const struct inbound_text *text =
		desk_text(*state, TEXT(",'body':'a\\u0000b \\ud83d \xff'"));

	assert_string_equal(text->body, "a\xef\xbf\xbd"
					"b \xef\xbf\xbd \xef\xbf\xbd");
	assert_true(text->repaired);
}

/* Nobody can read it, but somebody wrote it. */
static void a_binary_text_is_a_text(void **state)
{
	const struct inbound_text *text = desk_text(
		*state, "{'type':'mo_binary'," WHO ",'body':'VGV4dCBtZXNzYWdl','udh':'00112233'}");

	assert_string_equal(text->event_id, "sinch:acct-1:01FC66621:text");
	assert_string_equal(text->from, "+12025550111");
	assert_string_equal(text->body, "\xef\xbf\xbd");
	assert_true(text->repaired);
}

static void pictures_have_links_and_words(void **state)
{
	const struct inbound_text *text = desk_text(*state,
		MEDIA("{'subject':'me','message':'look','media':[{'url':'https://m/1.png',"
		      "'content_type':'image/png','status':'Uploaded','code':0},"
		      "{'content_type':'image/png','status':'Failed','code':1},"
		      "{'url':'https://m/2','content_type':'video/mp4','status':'Uploaded'}]}"));
	const json_t *second = json_array_get(text->media, 1);

	assert_string_equal(text->body, "me\nlook");
	assert_int_equal(json_array_size(text->media), 2);
	assert_string_equal(json_string_value(json_object_get(second, "url")), "https://m/2");
	assert_string_equal(json_string_value(json_object_get(second, "type")), "video/mp4");
	assert_string_equal(desk_text(*state, MEDIA("{}"))->body, "");
	assert_string_equal(desk_text(*state, MEDIA("{'message':null}"))->body, "");
	assert_string_equal(desk_text(*state, MEDIA("{'subject':'only'}"))->body, "only");
}

static void what_is_missing_or_malformed_is_named(void **state)
{
	static const char *const bad[][2] = {
		{"", "no JSON"},
		{"<html>", "no JSON"},
		{TEXT(",'body':'x','body':'y'"), "no JSON"},
		{"[]", "type is missing"},
		{"{}", "type is missing"},
		{"{'type':7}", "type is missing"},
		{"{'type':'mo_text','from':'1','to':'2','body':'x'}", "id is missing"},
		{"{'type':'mo_text','id':'a b','from':'1','to':'2','body':'x'}", "id is malformed"},
		{"{'type':'mo_text','id':'1','to':'2','body':'x'}", "from is missing"},
		{"{'type':'mo_text','id':'1','from':'1','body':'x'}", "to is missing"},
		{"{'type':'mo_text','id':'1','from':'1\\u0000','to':'2','body':'x'}",
			"from is empty"},
		{"{'type':'mo_text','id':'1','from':{},'to':'2','body':'x'}", "from is no text"},
		{TEXT(""), "body is missing"},
		{TEXT(",'body':null"), "body is no text"},
		{TEXT(",'body':{'message':'x'}"), "body is no text"},
		{MEDIA("{'message':7}"), "message is no text"},
		{"{'type':'mo_binary','from':'1','to':'2'}", "id is missing"},
		{"{'type':'delivery_report_sms'}", "batch_id is missing"},
		{"{'type':'delivery_report_sms','batch_id':'a/b'}", "batch_id is malformed"},
		{"{'type':'delivery_report_sms','batch_id':'1','statuses':[{}]}",
			"status is missing"},
		{"{'type':'delivery_report_sms','batch_id':'1','statuses':{}}",
			"status is missing"},
		{"{'type':'recipient_delivery_report_sms','batch_id':'1'}", "status is missing"},
		{"{'type':'recipient_delivery_report_sms','batch_id':'1','status':'a b'}",
			"status is malformed"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		desk_is_refused(*state, bad[i][0], bad[i][1]);
}

static void absurd_lengths_and_depths_are_refused(void **state)
{
	size_t size = 40000;
	char *many = calloc(1, size), *body = calloc(1, size + 512);

	memset(many, 'x', 16385);
	snprintf(body, size + 512, TEXT(",'body':'%s'"), many);
	desk_is_refused(*state, body, "longer than any text");
	many[80] = '\0';
	snprintf(body, size + 512, "{'type':'mo_text','id':'%s'}", many);
	desk_is_refused(*state, body, "id is empty, too long");
	memset(many, '[', size - 1);
	desk_is_refused(*state, many, "no JSON");
	free(many);
	free(body);
}

static void news_of_other_kinds_is_ignored(void **state)
{
	desk_is_ignored(*state, "{'type':'recipient_delivery_report_mms','batch_id':'1'}");
	desk_is_ignored(*state, "{'type':'mo_something'}");
	desk_is_ignored(*state, "{'event':'pie','callid':'1','version':1}");
}

/* --- receipts -------------------------------------------------------------------------------- */

#define REPORT(rest) "{'type':'recipient_delivery_report_sms','batch_id':'01FC'," rest "}"

static void a_receipt_carries_our_own_ids(void **state)
{
	const struct inbound_receipt *receipt = desk_receipt(*state,
		"{'applied_originator':'12025550100','at':'2026-02-16T09:36:07Z','batch_id':'01FC',"
		"'client_reference':'p2a-0123456789abcdef.7','code':404,'encoding':'GSM',"
		"'number_of_message_parts':1,'operator_status_at':'2026-02-16T09:36:00Z',"
		"'recipient':'12025550111','status':'Failed',"
		"'type':'recipient_delivery_report_sms'}");

	assert_string_equal(receipt->event_id, "sinch:acct-1:01FC:Failed");
	assert_string_equal(receipt->provider_id, "01FC");
	assert_string_equal(receipt->actor, "p2a-0123456789abcdef");
	assert_string_equal(receipt->job, "p2a-0123456789abcdef.7");
	assert_int_equal(receipt->attempt, 2);
	assert_string_equal(receipt->to, "+12025550111");
	assert_string_equal(receipt->status, "undelivered");
	assert_int_equal(receipt->error, 404);
	assert_int_equal(receipt->why, ANSWER_NETWORK);
}

static void a_receipt_without_our_ids_has_none(void **state)
{
	struct desk desk;
	const struct inbound_receipt *receipt;

	(void)state;
	desk_open(&desk, &provider_sinch, "/sinch/sms");
	receipt = desk_receipt(&desk, REPORT("'status':'Delivered','code':0"));
	assert_string_equal(receipt->actor, "");
	assert_string_equal(receipt->job, "");
	assert_string_equal(receipt->to, "");
	desk_close(&desk);
}

static void states_of_the_provider_become_ours(void **state)
{
	static const struct {
		const char *told;
		int code;
		const char *status;
		int error;
		enum answer_kind why;
	} table[] = {{"Queued", 400, "queued", 0, ANSWER_ACCEPTED},
		{"Dispatched", 401, "sent", 0, ANSWER_ACCEPTED},
		{"Delivered", 0, "delivered", 0, ANSWER_ACCEPTED},
		{"Unknown", 0, "sent", 0, ANSWER_ACCEPTED},
		{"Aborted", 0, "failed", 0, ANSWER_UNKNOWN},
		{"Cancelled", 407, "failed", 407, ANSWER_ACCOUNT},
		{"Rejected", 0, "undelivered", 0, ANSWER_UNKNOWN},
		{"Deleted", 0, "undelivered", 0, ANSWER_BLOCKED},
		{"Deleted", 300, "undelivered", 300, ANSWER_BAD_NUMBER},
		{"Failed", 0, "undelivered", 0, ANSWER_UNKNOWN},
		{"Expired", 0, "undelivered", 0, ANSWER_NETWORK},
		{"SomethingNew", 0, "queued", 0, ANSWER_ACCEPTED}};
	char body[256];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct inbound_receipt *receipt;

		snprintf(body, sizeof(body), REPORT("'status':'%s','code':%d"), table[i].told,
			table[i].code);
		receipt = desk_receipt(*state, body);
		assert_string_equal(receipt->status, table[i].status);
		assert_int_equal(receipt->error, table[i].error);
		assert_int_equal(receipt->why, table[i].why);
	}
}

static void every_code_says_why(void **state)
{
	static const struct {
		int code;
		enum answer_kind kind;
	} table[] = {{402, ANSWER_BAD_NUMBER}, {300, ANSWER_BAD_NUMBER}, {408, ANSWER_BLOCKED},
		{15, ANSWER_CONTENT}, {62, ANSWER_CONTENT}, {403, ANSWER_BUSY},
		{404, ANSWER_NETWORK}, {406, ANSWER_NETWORK}, {64, ANSWER_RATE},
		{60, ANSWER_ACCOUNT}, {310, ANSWER_ACCOUNT}, {405, ANSWER_ACCOUNT},
		{407, ANSWER_ACCOUNT}, {410, ANSWER_ACCOUNT}, {411, ANSWER_ACCOUNT},
		{412, ANSWER_ACCOUNT}, {413, ANSWER_ACCOUNT}, {414, ANSWER_ACCOUNT},
		{415, ANSWER_ACCOUNT}, {416, ANSWER_ACCOUNT}, {417, ANSWER_ACCOUNT},
		{418, ANSWER_ACCOUNT}, {69, ANSWER_UNKNOWN}};
	char body[256];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct inbound_receipt *receipt;

		snprintf(body, sizeof(body), REPORT("'status':'Failed','code':%d"), table[i].code);
		receipt = desk_receipt(*state, body);
		assert_int_equal(receipt->error, table[i].code);
		assert_int_equal(receipt->why, table[i].kind);
	}
}

static void a_report_of_a_batch_is_a_receipt_for_each(void **state)
{
	struct desk *desk = *state;
	const struct inbound *in = &desk->inbound;

	desk_body(desk, "{'type':'delivery_report_sms','batch_id':'01FC','statuses':["
			"{'code':0,'count':2,'status':'Delivered','recipients':["
			"'12025550111','12025550112']},"
			"{'code':402,'count':1,'status':'Aborted','recipients':[7]},"
			"{'code':401,'count':1,'status':'Dispatched'},"
			"{'code':400,'count':1,'status':'Queued','recipients':[]}],"
			"'total_message_count':5}");
	assert_true(desk_read(desk));
	assert_int_equal(in->nreceipts, 5);
	assert_string_equal(in->receipts[0].to, "+12025550111");
	assert_string_equal(in->receipts[0].status, "delivered");
	assert_string_equal(in->receipts[1].to, "+12025550112");
	assert_string_equal(in->receipts[1].job, "p2a-0123456789abcdef.7");
	assert_string_equal(in->receipts[2].to, "");
	assert_string_equal(in->receipts[2].event_id, "sinch:acct-1:01FC:Aborted");
	assert_int_equal(in->receipts[2].why, ANSWER_BAD_NUMBER);
	assert_string_equal(in->receipts[3].status, "sent");
	assert_string_equal(in->receipts[4].status, "queued");
	desk_body(desk, "{'type':'delivery_report_sms','batch_id':'01FC','statuses':[]}");
	assert_true(desk_read(desk));
	assert_int_equal(in->nreceipts, 0);
}

static void a_batch_has_a_thousand_receivers_at_most(void **state)
{
	json_t *receivers = json_array(), *report;
	char *body;
	struct desk *desk = *state;

	for (int i = 0; i < 1000; i++)
		json_array_append_new(receivers, json_string("12025550111"));
	report = json_pack("{s:s,s:s,s:[{s:s,s:i,s:o}]}", "type", "delivery_report_sms", "batch_id",
		"1", "statuses", "status", "Delivered", "code", 0, "recipients", receivers);
	body = json_dumps(report, JSON_COMPACT);
	desk_bytes(desk, body, strlen(body));
	assert_true(desk_read(desk));
	assert_int_equal(desk->inbound.nreceipts, 1000);
	free(body);
	json_array_append_new(receivers, json_string("12025550111"));
	body = json_dumps(report, JSON_COMPACT);
	desk_is_refused(desk, body, "more receivers");
	free(body);
	json_decref(report);
}

static void the_type_decides_not_the_path(void **state)
{
	struct desk *desk = *state;

	assert_true(provider_sinch.same_path);
	desk->hook.webhook.about = ABOUT_RECEIPT;
	desk_text(desk, TEXT(",'body':'x'"));
	desk->hook.webhook.about = ABOUT_TEXT;
	desk_receipt(desk, REPORT("'status':'Delivered'"));
}

/* --- sending --------------------------------------------------------------------------------- */

static void a_text_is_written_as_sinch_wants_it(void **state)
{
	struct desk *desk = *state;
	struct outbound_text text = {.to = "+12025550111",
		.from = "+12025550100",
		.body = "a \"b\" \xc3\xa9",
		.actor = "p1",
		.job = "p1.7",
		.attempt = 1,
		.callback_url = "https://w/sinch/sms?a=p1&j=p1.7&n=1",
		.validity_s = 3600,
		.now_s = 1760000000};
	struct provider_request request;

	provider_sinch.build(&desk->account, &text, &request);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://api.example.org/xms/v1/acct-1/batches");
	assert_string_equal(request.type, "application/json");
	assert_string_equal(request.headers[0].name, "Authorization");
	assert_string_equal(request.headers[0].value, "Bearer key-1");
	assert_null(request.headers[1].name);
	assert_string_equal(request.body,
		"{\"type\":\"mt_text\",\"from\":\"12025550100\",\"to\":[\"12025550111\"],"
		"\"body\":\"a \\\"b\\\" \xc3\xa9\",\"delivery_report\":\"per_recipient\","
		"\"callback_url\":\"https://w/sinch/sms?a=p1&j=p1.7&n=1\","
		"\"client_reference\":\"p1.7\",\"expire_at\":\"2025-10-09T09:53:20Z\"}");
	provider_request_clear(&request);
	text.validity_s = 0;
	provider_sinch.build(&desk->account, &text, &request);
	assert_null(strstr(request.body, "expire_at"));
	provider_request_clear(&request);
}

static void only_an_id_in_a_2xx_means_accepted(void **state)
{
	const char *good = "{'id':'01FC','to':['12025550111'],'canceled':false}";
	struct provider_answer answer = desk_answer(*state, 201, good);

	assert_int_equal(answer.kind, ANSWER_ACCEPTED);
	assert_string_equal(answer.provider_id, "01FC");
	assert_int_equal(answer.error, 0);
	assert_int_equal(desk_answer(*state, 201, "").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 201, "{}").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 201, "{'id':''}").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 201, "{'id':'1'").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 200, "<html>hello</html>").kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 302, good).kind, ANSWER_UNKNOWN);
	assert_int_equal(desk_answer(*state, 500, good).kind, ANSWER_UNKNOWN);
}

static void refusals_are_told_apart(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum answer_kind kind;
	} table[] = {{400, "{'code':'syntax_invalid_json','text':'t'}", ANSWER_ACCOUNT},
		{403, "{'code':'missing_callback_url','text':'t'}", ANSWER_ACCOUNT},
		{400, "{'error':{'code':400,'status':'INVALID_ARGUMENT'}}", ANSWER_ACCOUNT},
		{401, "", ANSWER_ACCOUNT}, {403, "<html>", ANSWER_ACCOUNT},
		{404, "{'code':'not_found','text':'t'}", ANSWER_ACCOUNT}, {404, "", ANSWER_UNKNOWN},
		{400, "", ANSWER_UNKNOWN}, {400, "<html>a proxy</html>", ANSWER_UNKNOWN},
		{400, "{}", ANSWER_UNKNOWN}, {429, "", ANSWER_RATE},
		{408, "{'code':'x'}", ANSWER_UNKNOWN}, {500, "{'code':'x'}", ANSWER_UNKNOWN},
		{503, "", ANSWER_UNKNOWN}, {0, "", ANSWER_UNKNOWN}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct provider_answer answer = desk_answer(*state, table[i].status, table[i].body);

		assert_int_equal(answer.kind, table[i].kind);
		assert_string_equal(answer.provider_id, "");
	}
}

static void sinch_is_found_by_its_kind(void **state)
{
	(void)state;
	assert_ptr_equal(provider_find("sinch"), &provider_sinch);
	assert_null(provider_sinch.errand);
	assert_null(provider_sinch.errand_answer);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DESK(every_field_that_matters_is_kept),
		WITH_DESK(numbers_are_e164_on_our_side),
		WITH_DESK(two_texts_with_equal_words_are_two_events),
		WITH_DESK(damaged_words_are_shown_not_lost),
		WITH_DESK(a_binary_text_is_a_text),
		WITH_DESK(pictures_have_links_and_words),
		WITH_DESK(what_is_missing_or_malformed_is_named),
		WITH_DESK(absurd_lengths_and_depths_are_refused),
		WITH_DESK(news_of_other_kinds_is_ignored),
		WITH_DESK(a_receipt_carries_our_own_ids),
		cmocka_unit_test(a_receipt_without_our_ids_has_none),
		WITH_DESK(states_of_the_provider_become_ours),
		WITH_DESK(every_code_says_why),
		WITH_DESK(a_report_of_a_batch_is_a_receipt_for_each),
		WITH_DESK(a_batch_has_a_thousand_receivers_at_most),
		WITH_DESK(the_type_decides_not_the_path),
		WITH_DESK(a_text_is_written_as_sinch_wants_it),
		WITH_DESK(only_an_id_in_a_2xx_means_accepted),
		WITH_DESK(refusals_are_told_apart),
		cmocka_unit_test(sinch_is_found_by_its_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
