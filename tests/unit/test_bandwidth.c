/* Bandwidth's adapter: who may post, and what is made of texts and receipts. */
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

#define BASIC "Basic aG9va3M6c2VjcmV0" /* hooks:secret */
#define JOB   "p2a-0123456789abcdef.7"

static int open_desk(void **state)
{
	struct desk *desk = calloc(1, sizeof(*desk));
	struct account *account = &desk->account;

	desk_open(desk, &provider_bandwidth, "/bandwidth/sms");
	text_set(account->webhook_user, sizeof(account->webhook_user), "hooks");
	*state = desk;
	return 0;
}

static int close_desk(void **state)
{
	desk_close(*state);
	free(*state);
	return 0;
}

/* --- who may post ---------------------------------------------------------------------------- */

static void only_user_and_password_together_prove_anything(void **state)
{
	static const struct {
		const char *header;
		bool good;
	} table[] = {{BASIC, true}, {"basic aG9va3M6c2VjcmV0", true}, {NULL, false}, {"", false},
		{"Basic ", false}, {"aG9va3M6c2VjcmV0", false}, {"Bearer aG9va3M6c2VjcmV0", false},
		{"Basic aG9va3M6c2VjcmV", false}, {"Basic aG9va3M6c2VjcmV0 ", false},
		{"Basic  aG9va3M6c2VjcmV0", false}, {"Basic aG9va3M6", false}, /* no password */
		{"Basic OnNlY3JldA==", false},                                 /* no user */
		{"Basic aG9va3M6c2VjcmV1", false}, {"Basic hooks:secret", false},
		{"Basic SG9va3M6c2VjcmV0", false}}; /* Hooks:secret */
	struct proof proof;

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		desk_header(*state, "Authorization", table[i].header);
		memset(&proof, 'x', sizeof(proof));
		if (desk_verified(*state, &proof) != table[i].good)
			fail_msg("\"%s\"", table[i].header ? table[i].header : "none");
		assert_string_equal(proof.nonce, "");
		assert_int_equal(proof.signed_s, 0);
	}
}

static void every_letter_of_the_password_counts(void **state)
{
	char header[] = BASIC;

	desk_header(*state, "Authorization", header);
	for (size_t i = strlen("Basic "); i < sizeof(header) - 1; i++) {
		char good = header[i];

		header[i] = good == 'A' ? 'B' : 'A';
		assert_false(desk_verified(*state, NULL));
		header[i] = good;
	}
	assert_true(desk_verified(*state, NULL));
}

static void both_passwords_are_good_during_rotation(void **state)
{
	struct desk *desk = *state;
	struct account *account = &desk->account;

	desk_header(desk, "Authorization", BASIC);
	text_set(account->secrets[0], SECRET_SIZE, "new");
	assert_false(desk_verified(desk, NULL));
	text_set(account->secrets[1], SECRET_SIZE, "secret");
	account->nsecrets = 2;
	assert_true(desk_verified(desk, NULL));
	desk_header(desk, "Authorization", "Basic aG9va3M6bmV3");
	assert_true(desk_verified(desk, NULL));
}

static void an_account_without_user_or_password_accepts_nothing(void **state)
{
	struct desk *desk = *state;
	struct account *account = &desk->account;

	desk_header(desk, "Authorization", "Basic aG9va3M6"); /* hooks: */
	account->secrets[0][0] = '\0';
	assert_false(desk_verified(desk, NULL));
	account->nsecrets = 0;
	assert_false(desk_verified(desk, NULL));
	account->npath_tokens = 1; /* a path alone is not enough here */
	text_set(account->path_tokens[0], sizeof(account->path_tokens[0]), "token");
	assert_false(desk_verified(desk, NULL));
	account->webhook_user[0] = '\0';
	assert_false(desk_verified(desk, NULL));
	text_set(account->secrets[0], SECRET_SIZE, "secret");
	account->nsecrets = 1;
	desk_header(desk, "Authorization", "Basic OnNlY3JldA=="); /* :secret */
	assert_false(desk_verified(desk, NULL));
}

/* --- texts ----------------------------------------------------------------------------------- */

#define EVENT(type, rest, message) "[{'type':'" type "'" rest ",'message':{" message "}}]"
#define PARTIES                                                                                    \
	"'id':'m-1','owner':'+12025550100','direction':'in','to':['+12025550100'],"                \
	"'from':'+12025550111'"
#define RECEIVED(rest) EVENT("message-received", ",'to':'+12025550100'", PARTIES rest)

static void every_field_that_matters_is_kept(void **state)
{
	const struct inbound_text *text = desk_text(*state,
		"[{'type':'message-received','time':'2026-09-14T18:20:16Z','description':'Incoming "
		"message "
		"received','to':'+12025550199','message':{'id':'14762070468292kw2fuqty55yp2b2',"
		"'owner':'+12025550100','applicationId':'93de2206-9669','time':"
		"'2026-09-14T18:20:16Z','segmentCount':1,'direction':'in','to':['+12025550100',"
		"'+12025550199'],'from':'+12025550111','text':'look \\ud83d\\udc4d','media':["
		"'https://messaging.bandwidth.com/api/v2/users/1/media/1.png',"
		"'https://messaging.bandwidth.com/api/v2/users/1/media/2'],'tag':'','priority':"
		"'default'}}]");
	const json_t *first = json_array_get(text->media, 0);

	assert_string_equal(text->event_id, "bandwidth:acct-1:14762070468292kw2fuqty55yp2b2:text");
	assert_string_equal(text->provider_id, "14762070468292kw2fuqty55yp2b2");
	assert_string_equal(text->from, "+12025550111");
	assert_string_equal(text->to, "+12025550100");
	assert_string_equal(text->body, "look \xf0\x9f\x91\x8d");
	assert_false(text->repaired);
	assert_string_equal(text->opt_out, "");
	assert_int_equal(json_array_size(text->media), 2);
	assert_string_equal(json_string_value(json_object_get(first, "url")),
		"https://messaging.bandwidth.com/api/v2/users/1/media/1.png");
	assert_string_equal(json_string_value(json_object_get(first, "type")), "");
}

static void a_text_without_owner_is_for_the_number_of_the_event(void **state)
{
	assert_string_equal(desk_text(*state, EVENT("message-received", ",'to':'+12025550199'",
						      "'id':'1','from':'+12025550111','text':'x'"))
				    ->to,
		"+12025550199");
}

static void a_picture_alone_is_a_text_without_words(void **state)
{
	assert_string_equal(desk_text(*state, RECEIVED(",'media':['https://m/1']"))->body, "");
	assert_string_equal(desk_text(*state, RECEIVED(",'text':null"))->body, "");
	assert_string_equal(desk_text(*state, RECEIVED(",'text':''"))->body, "");
}

static void damaged_words_are_shown_not_lost(void **state)
{
	const struct inbound_text *text =
		desk_text(*state, RECEIVED(",'text':'a\\u0000b \\ud83d \xff'"));

	assert_string_equal(text->body, "a\xef\xbf\xbd"
					"b \xef\xbf\xbd \xef\xbf\xbd");
	assert_true(text->repaired);
}

static void two_texts_with_equal_words_are_two_events(void **state)
{
	char first[EVENT_ID_SIZE];

	memcpy(first, desk_text(*state, RECEIVED(",'text':'help'"))->event_id, sizeof(first));
	assert_string_not_equal(
		desk_text(*state, EVENT("message-received", ",'to':'+12025550100'",
					  "'id':'m-2','from':'+12025550111','text':'help'"))
			->event_id,
		first);
}

static void what_is_missing_or_malformed_is_named(void **state)
{
#define FROM "'from':'+1','owner':'+2'"
	static const char *const bad[][2] = {
		{"", "no JSON"},
		{"<html>", "no JSON"},
		{"{'type':'message-received'}", "no list"},
		{"[]", "no list"},
		{"[7]", "type is missing"},
		{"[{}]", "type is missing"},
		{"[{'type':7}]", "type is missing"},
		{"[{'type':'message-received'}]", "id is missing"},
		{"[{'type':'message-received','message':[]}]", "id is missing"},
		{RECEIVED(",'text':'x','text':'y'"), "no JSON"},
		{EVENT("message-received", "", FROM ",'text':'x'"), "id is missing"},
		{EVENT("message-received", "", "'id':'a b'," FROM), "id is malformed"},
		{EVENT("message-received", "", "'id':'1\\u0000'," FROM), "id is empty"},
		{EVENT("message-received", "", "'id':'1','owner':'+2'"), "from is missing"},
		{EVENT("message-received", "", "'id':'1','from':['+1'],'owner':'+2'"),
			"from is no"},
		{EVENT("message-received", "", "'id':'1','from':'+1'"), "to is missing"},
		{EVENT("message-received", "", "'id':'1','from':'+1','owner':''"),
			"owner is empty"},
		{RECEIVED(",'text':7"), "text is no text"},
		{EVENT("message-delivered", "", "'direction':'out'"), "id is missing"},
		{EVENT("message-failed", "", "'id':'a/b'"), "id is malformed"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		desk_is_refused(*state, bad[i][0], bad[i][1]);
}

static void absurd_lengths_and_depths_are_refused(void **state)
{
	size_t size = 40000;
	char *many = calloc(1, size), *body = calloc(1, size + 512);

	memset(many, 'x', 16385);
	snprintf(body, size + 512, RECEIVED(",'text':'%s'"), many);
	desk_is_refused(*state, body, "longer than any text");
	many[80] = '\0';
	snprintf(body, size + 512, EVENT("message-received", "", "'id':'%s'"), many);
	desk_is_refused(*state, body, "id is empty, too long");
	memset(many, '[', size - 1);
	desk_is_refused(*state, many, "no JSON");
	free(many);
	free(body);
}

static void one_event_does_not_cost_the_others(void **state)
{
	struct desk *desk = *state;

	desk_body(desk, "[{'type':'message-received','message':{'id':'1','text':'lost'}},"
			"{'type':'message-received','to':'+2','message':{'id':'2','from':'+1',"
			"'text':'kept'}},{'type':'message-failed'},{'type':'message-delivered',"
			"'message':{'id':'3'}}]");
	assert_true(desk_read(desk));
	assert_int_equal(desk->inbound.ntexts, 1);
	assert_string_equal(desk->inbound.texts[0].body, "kept");
	assert_int_equal(desk->inbound.nreceipts, 1);
	assert_string_equal(desk->inbound.receipts[0].provider_id, "3");
	assert_int_equal(desk->inbound.ignored, 2);
	desk_is_refused(desk,
		"[{'type':'message-received','message':{'id':'1','from':'+1','owner':'+2',"
		"'media':['https://m/1'],'text':7}},{}]",
		"text is no text");
	assert_int_equal(desk->inbound.ntexts, 0);
}

/* --- receipts -------------------------------------------------------------------------------- */

#define RECEIPT(type, rest)                                                                        \
	EVENT(type, ",'to':'+12025550111'" rest,                                                   \
		"'id':'m-1','owner':'+12025550100','direction':'out','to':['+12025550111'],"       \
		"'from':'+12025550100','text':'','tag':'" JOB ".2'")

static void a_receipt_carries_our_own_ids(void **state)
{
	const struct inbound_receipt *receipt = desk_receipt(*state,
		RECEIPT("message-failed", ",'description':'carrier-rejected','errorCode':4701"));

	assert_string_equal(receipt->event_id, "bandwidth:acct-1:m-1:failed");
	assert_string_equal(receipt->provider_id, "m-1");
	assert_string_equal(receipt->actor, "p2a-0123456789abcdef");
	assert_string_equal(receipt->job, JOB);
	assert_int_equal(receipt->attempt, 2);
	assert_string_equal(receipt->to, "+12025550111");
	assert_string_equal(receipt->status, "undelivered");
	assert_int_equal(receipt->error, 4701);
	assert_int_equal(receipt->why, ANSWER_NETWORK);
}

static void a_tag_that_is_not_ours_tells_nothing(void **state)
{
	static const char *const tags[] = {"''", "'x'", "null", "7", "'" JOB "'", "'" JOB ".x'",
		"'" JOB ".'", "'" JOB ".2 '", "'x." JOB ".2'", "'a.b.c.2'", "['" JOB ".2']",
		"'" JOB ".2\\u0000'"};
	char body[512];

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		const struct inbound_receipt *receipt;

		snprintf(body, sizeof(body),
			EVENT("message-delivered", "", "'id':'m-1','direction':'out','tag':%s"),
			tags[i]);
		receipt = desk_receipt(*state, body);
		assert_string_equal(receipt->actor, "");
		assert_string_equal(receipt->job, "");
		assert_int_equal(receipt->attempt, 0);
		assert_string_equal(receipt->to, "");
	}
}

static void types_of_events_become_states(void **state)
{
	static const struct {
		const char *body, *status, *id;
		enum answer_kind why;
	} table[] = {{RECEIPT("message-sending", ""), "queued", "sending", ANSWER_ACCEPTED},
		{RECEIPT("message-delivered", ""), "delivered", "delivered", ANSWER_ACCEPTED},
		{RECEIPT("message-failed", ""), "failed", "failed", ANSWER_UNKNOWN},
		{RECEIPT("message-failed", ",'errorCode':null"), "failed", "failed",
			ANSWER_UNKNOWN},
		{RECEIPT("message-failed", ",'errorCode':'4720'"), "undelivered", "failed",
			ANSWER_BAD_NUMBER},
		{RECEIPT("message-failed", ",'errorCode':4404"), "failed", "failed",
			ANSWER_BAD_NUMBER},
		{RECEIPT("message-failed", ",'errorCode':9902"), "sent", "failed",
			ANSWER_ACCEPTED}};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct inbound_receipt *receipt = desk_receipt(*state, table[i].body);

		assert_string_equal(receipt->status, table[i].status);
		assert_int_equal(receipt->why, table[i].why);
		assert_string_equal(strrchr(receipt->event_id, ':') + 1, table[i].id);
	}
}

static void every_code_says_why(void **state)
{
	static const struct {
		int code;
		const char *status;
		enum answer_kind why;
	} table[] = {{4775, "undelivered", ANSWER_OPTED_OUT}, {4482, "failed", ANSWER_BLOCKED},
		{4772, "undelivered", ANSWER_BLOCKED}, {4303, "failed", ANSWER_BAD_NUMBER},
		{4350, "failed", ANSWER_BAD_NUMBER}, {4404, "failed", ANSWER_BAD_NUMBER},
		{4406, "failed", ANSWER_BAD_NUMBER}, {4408, "failed", ANSWER_BAD_NUMBER},
		{4434, "failed", ANSWER_BAD_NUMBER}, {4720, "undelivered", ANSWER_BAD_NUMBER},
		{4721, "undelivered", ANSWER_BAD_NUMBER}, {4701, "undelivered", ANSWER_NETWORK},
		{4702, "undelivered", ANSWER_NETWORK}, {4750, "undelivered", ANSWER_NETWORK},
		{5000, "failed", ANSWER_NETWORK}, {5600, "undelivered", ANSWER_NETWORK},
		{5610, "undelivered", ANSWER_NETWORK}, {5620, "undelivered", ANSWER_NETWORK},
		{5630, "undelivered", ANSWER_NETWORK}, {5650, "undelivered", ANSWER_NETWORK},
		{4780, "undelivered", ANSWER_RATE}, {4781, "undelivered", ANSWER_RATE},
		{4785, "undelivered", ANSWER_RATE}, {4470, "failed", ANSWER_CONTENT},
		{4770, "undelivered", ANSWER_CONTENT}, {4771, "undelivered", ANSWER_CONTENT},
		{4773, "undelivered", ANSWER_ACCOUNT}, {4774, "undelivered", ANSWER_ACCOUNT},
		{4795, "undelivered", ANSWER_ACCOUNT}, {4740, "undelivered", ANSWER_ACCOUNT},
		{4302, "failed", ANSWER_ACCOUNT}, {4403, "failed", ANSWER_ACCOUNT},
		{4405, "failed", ANSWER_ACCOUNT}, {4407, "failed", ANSWER_ACCOUNT},
		{4481, "failed", ANSWER_ACCOUNT}, {4001, "failed", ANSWER_ACCOUNT},
		{4500, "undelivered", ANSWER_BLOCKED}, {4799, "undelivered", ANSWER_BLOCKED},
		{4800, "failed", ANSWER_UNKNOWN}, {9902, "sent", ANSWER_ACCEPTED},
		{9999, "sent", ANSWER_ACCEPTED}, {7, "failed", ANSWER_UNKNOWN},
		{47750, "undelivered", ANSWER_UNKNOWN}, {3500, "undelivered", ANSWER_UNKNOWN}};
	char body[512];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct inbound_receipt *receipt;

		snprintf(body, sizeof(body), RECEIPT("message-failed", ",'errorCode':%d"),
			table[i].code);
		receipt = desk_receipt(*state, body);
		if (receipt->why != table[i].why || strcmp(receipt->status, table[i].status) != 0)
			fail_msg("%d: %s %s", table[i].code, receipt->status,
				answer_kind_name(receipt->why));
		assert_int_equal(receipt->error, table[i].code);
	}
}

static void direction_and_type_decide_not_the_path(void **state)
{
	struct desk *desk = *state;

	desk->hook.webhook.about = ABOUT_RECEIPT;
	desk_text(desk, RECEIVED(",'text':'x'"));
	desk->hook.webhook.about = ABOUT_TEXT;
	desk_receipt(desk, RECEIPT("message-delivered", ""));
	desk_is_ignored(desk, EVENT("message-received", "", "'direction':'out'"));
	desk_is_ignored(desk, EVENT("message-delivered", "", "'direction':'in'"));
	desk_is_ignored(desk, EVENT("message-read", "", "'direction':'out'"));
	desk_is_ignored(desk, "[{'type':'suggestion-response'}]");
}

static void bandwidth_is_found_by_its_kind(void **state)
{
	(void)state;
	assert_ptr_equal(provider_find("bandwidth"), &provider_bandwidth);
	assert_true(provider_bandwidth.same_path);
	assert_true(provider_bandwidth.basic);
	assert_true(provider_bandwidth.needs & NEED_APPLICATION);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, open_desk, close_desk)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DESK(only_user_and_password_together_prove_anything),
		WITH_DESK(every_letter_of_the_password_counts),
		WITH_DESK(both_passwords_are_good_during_rotation),
		WITH_DESK(an_account_without_user_or_password_accepts_nothing),
		WITH_DESK(every_field_that_matters_is_kept),
		WITH_DESK(a_text_without_owner_is_for_the_number_of_the_event),
		WITH_DESK(a_picture_alone_is_a_text_without_words),
		WITH_DESK(damaged_words_are_shown_not_lost),
		WITH_DESK(two_texts_with_equal_words_are_two_events),
		WITH_DESK(what_is_missing_or_malformed_is_named),
		WITH_DESK(absurd_lengths_and_depths_are_refused),
		WITH_DESK(one_event_does_not_cost_the_others),
		WITH_DESK(a_receipt_carries_our_own_ids),
		WITH_DESK(a_tag_that_is_not_ours_tells_nothing),
		WITH_DESK(types_of_events_become_states),
		WITH_DESK(every_code_says_why),
		WITH_DESK(direction_and_type_decide_not_the_path),
		cmocka_unit_test(bandwidth_is_found_by_its_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
