/* Errands: overdue receipts are asked for once, words are taken away where the program says so. */
#include "tests/lib/solo.h"

#include <platform/writes.h>
#include <warmline/fail.h>

#define MINUTE INT64_C(60000)
#define HOUR   INT64_C(3600000)
#define DAY    (24 * HOUR)

static char job[JOB_ID_SIZE];

static struct solo *written(void)
{
	struct solo *s = solo_new(PERSON, WEEKLY);

	solo_enroll(s, true);
	solo_outcome(s, "accepted");
	solo_wake(s);
	memcpy(job, solo_find(s, WORDING_CHECK_IN)->job, JOB_ID_SIZE);
	return s;
}

static struct solo *asked(const char *account)
{
	struct solo *s = written();

	solo_accept(s, job, account, "A1");
	return s;
}

static struct solo *paged(const char *account)
{
	struct solo *s = solo_new(CLINICIAN, WEEKLY);
	json_t *data = solo_data(s, "page");

	json_put_text(data, "program", "weekly");
	json_put_text(data, "line", CLINICIAN);
	json_put_text(data, "case", "c01-00000000000000cc");
	json_put_text(data, "code", "4821");
	solo_give(s, data);
	memcpy(job, solo_find(s, WORDING_PAGE)->job, JOB_ID_SIZE);
	solo_accept(s, job, account, "A1");
	return s;
}

/* --- look-ups -------------------------------------------------------------------------------- */

TEST(a_text_without_a_receipt_is_looked_up_once_and_counts_as_slow)
{
	struct solo *s = asked("maple");
	const struct effect *e;
	int64_t accepted = s->now;

	assert_true(solo_wake(s));
	assert_int_equal(s->now, accepted + SOLO_RECEIPT_MS);
	e = solo_errand(s);
	assert_non_null(e);
	assert_int_equal(e->errand, ERRAND_LOOK_UP);
	assert_string_equal(e->account, "maple");
	assert_string_equal(e->provider_id, "A1");
	assert_string_equal(e->about, job);
	assert_string_equal(e->to.text, PERSON);
	assert_string_equal(e->program, "weekly");
	assert_int_equal(e->lane, LANE_REPLY);
	assert_int_equal(e->gate, GATE_SAFETY);
	assert_int_equal(e->expires, s->now + HOUR);
	assert_string_not_equal(e->job, job);
	assert_int_equal(solo_logged(s, "errand"), 1);
	assert_int_equal(s->last->nobserved, 1);
	assert_int_equal(s->last->observed[0].latency_ms, SOLO_RECEIPT_MS);
	/* Never again, and the check-in goes on as if nothing had been. */
	solo_wake(s);
	assert_null(solo_errand(s));
	assert_int_equal(solo_texts(s, WORDING_REMINDER), 1);
	assert_int_equal(s->now, accepted + DAY);
	solo_free(&s);
}

TEST(a_page_is_looked_up_within_a_minute)
{
	struct solo *s = paged("maple");
	int64_t accepted = s->now;

	assert_true(solo_wake(s));
	assert_int_equal(s->now, accepted + MINUTE);
	assert_non_null(solo_errand(s));
	assert_int_equal(s->last->alarm, 0);
	solo_free(&s);
}

/* What the look-up found comes as a receipt, and does what every receipt does. */
TEST(what_a_look_up_finds_is_acted_on)
{
	struct solo *s = asked("maple");
	json_t *data;

	solo_wake(s);
	data = solo_data(s, "receipt");
	json_put_text(data, "provider_id", "A1");
	json_put_text(data, "account", "maple");
	json_put_text(data, "status", "undelivered");
	json_put_text(data, "why", "network");
	solo_give(s, data);
	assert_int_equal(solo_texts(s, WORDING_CHECK_IN), 1);
	assert_string_equal(solo_find(s, WORDING_CHECK_IN)->avoid, "maple");
	solo_free(&s);
}

TEST(nothing_is_asked_about_what_is_known_or_over_or_cannot_be_known)
{
	enum { SENT, DELIVERED, ANSWERED, STOPPED, NO_RECEIPTS, GONE_ACCOUNT, UNNAMED, CASES };

	for (int i = 0; i < CASES; i++) {
		struct solo *s = written();
		const char *account = i == NO_RECEIPTS    ? "mute"
				      : i == GONE_ACCOUNT ? "oak"
							  : "maple";
		int64_t until = s->now + 20 * HOUR;

		solo_accept(s, job, i == UNNAMED ? "" : account, "A1");
		switch (i) {
		case SENT: solo_receipt(s, job, "sent"); break;
		case DELIVERED: solo_receipt(s, job, "delivered"); break;
		case ANSWERED: solo_text(s, "1"); break;
		case STOPPED: solo_text(s, "stop"); break;
		default: break;
		}
		while (s->last->alarm && s->last->alarm < until) {
			solo_wake(s);
			assert_null(solo_errand(s));
		}
		solo_free(&s);
	}
}

/* A copy of the same outcome, or a late one, does not wind the clock again. */
TEST(an_outcome_that_comes_again_after_the_look_up_asks_no_second_time)
{
	struct solo *s = asked("maple");
	int64_t until = s->now + 20 * HOUR;

	solo_wake(s);
	assert_non_null(solo_errand(s));
	solo_accept(s, job, "maple", "A1");
	while (s->last->alarm < until) {
		solo_wake(s);
		assert_null(solo_errand(s));
	}
	solo_free(&s);
}

TEST(a_quiet_participant_pays_for_receipts_only_while_they_are_awaited)
{
	struct solo *s = asked("maple");
	char *text;

	solo_receipt(s, job, "delivered");
	assert_null(json_object_get(s->doc, "jobs"));
	solo_text(s, "1");
	solo_outcome(s, "accepted");
	text = json_print(s->doc);
	assert_true(strlen(text) <= 500);
	free(text);
	solo_free(&s);
}

/* --- words that are taken away --------------------------------------------------------------- */

static void text_by(struct solo *s, const char *account, const char *provider_id)
{
	json_t *data = solo_data(s, "text");

	json_put_text(data, "from", s->number);
	json_put_text(data, "to", s->to);
	json_put_text(data, "body", "my sister came");
	json_put_text(data, "account", account);
	json_put_text(data, "provider_id", provider_id);
	solo_give(s, data);
}

TEST(a_text_that_came_in_is_redacted_at_its_provider)
{
	static const struct {
		bool redact;
		const char *account, *provider_id;
		bool errand;
	} rows[] = {{true, "maple", "IN1", true}, {false, "maple", "IN1", false},
		{true, "", "IN1", false}, {true, "maple", "", false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = solo_new(PERSON, WEEKLY);
		const struct effect *e;

		solo_program(s, 0)->redact = rows[i].redact;
		text_by(s, rows[i].account, rows[i].provider_id);
		e = solo_errand(s);
		assert_int_equal(e != NULL, rows[i].errand);
		if (e) {
			assert_int_equal(e->errand, ERRAND_REDACT);
			assert_string_equal(e->provider_id, "IN1");
			assert_string_equal(e->about, "");
			assert_int_equal(e->not_before, s->now + MINUTE);
			assert_int_equal(e->expires, s->now + 3 * DAY);
			assert_int_equal(e->gate, GATE_SAFETY);
		}
		assert_int_equal(solo_find(s, WORDING_STRANGER)->keep_no_words, rows[i].redact);
		solo_free(&s);
	}
}

TEST(a_text_of_ours_is_redacted_once_it_is_known_what_became_of_it)
{
	static const struct {
		const char *status;
		bool reply; /* the person answered: nothing hangs on the check-in any more */
		bool errand;
	} rows[] = {{"sent", false, false}, {"delivered", false, true},
		{"undelivered", false, true}, {"failed", false, true}, {"delivered", true, true},
		{"sent", true, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = asked("maple");
		json_t *data;

		if (rows[i].reply)
			solo_text(s, "1");
		solo_program(s, 0)->redact = true;
		data = solo_data(s, "receipt");
		json_put_text(data, "job", job);
		json_put_text(data, "status", rows[i].status);
		json_put_text(data, "account", "maple");
		json_put_text(data, "provider_id", "A1");
		solo_give(s, data);
		assert_int_equal(solo_errand(s) != NULL, rows[i].errand);
		if (rows[i].errand)
			assert_string_equal(solo_errand(s)->about, job);
		solo_free(&s);
	}
}

TEST(words_of_other_peoples_texts_on_the_same_account_are_left_alone)
{
	struct solo *s = asked("maple");
	json_t *data = solo_data(s, "receipt");

	solo_program(s, 0)->redact = true;
	json_put_text(data, "provider_id", "X9");
	json_put_text(data, "account", "maple");
	json_put_text(data, "status", "delivered");
	solo_give(s, data);
	assert_null(solo_errand(s));
	solo_free(&s);
}

TEST(the_log_says_in_plain_words_how_an_errand_ended)
{
	static const struct {
		const char *errand, *result, *words;
		bool counted;
	} rows[] = {
		{"redact", "done", "the provider has taken the words away", false},
		{"redact", "never", "the provider keeps the words: it cannot take them away", true},
		{"redact", "gave up", "the provider may keep the words: no answer in time", true},
		{"look-up", "never", "the provider cannot say what became of it", false},
		{"look-up", "gave up", "the provider did not say in time what became of it", false},
		{"look-up", "strange", "strange", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct solo *s = solo_new(PERSON, WEEKLY);
		json_t *data = solo_data(s, "errand");
		size_t counts = 0, lists = 0;

		json_put_text(data, "errand", rows[i].errand);
		json_put_text(data, "result", rows[i].result);
		json_put_text(data, "provider_id", "A1");
		json_put_text(data, "account", "maple");
		solo_give(s, data);
		assert_string_equal(
			json_get_text(solo_entry(s, "errand"), "status", ""), rows[i].words);
		assert_string_equal(
			json_get_text(solo_entry(s, "errand"), "provider_id", ""), "A1");
		for (size_t e = 0; e < s->last->neffects; e++) {
			counts += s->last->effects[e].kind == EFFECT_COUNT;
			lists += s->last->effects[e].kind == EFFECT_INDEX;
		}
		assert_int_equal(counts, rows[i].counted);
		assert_int_equal(lists, 0);
		solo_free(&s);
	}
}

/* --- in the outbox --------------------------------------------------------------------------- */

static void blind(const void *arg, const char *e164, char out[BLIND_SIZE])
{
	(void)arg;
	text_set(out, BLIND_SIZE, "%016llx%016llx", (unsigned long long)text_hash(e164), 7ULL);
}

static char *body_of(const struct solo *s, enum effect_kind kind)
{
	struct writes *w = writes_make(s->last, s->now, blind, NULL);
	char *body = NULL;

	for (size_t i = 0; i < w->n && !body; i++) {
		if (s->last->effects[i].kind != kind)
			continue;
		assert_int_equal(w->items[i].kind, WRITE_JOB);
		assert_string_equal(w->items[i].id, s->last->effects[i].job);
		assert_int_equal(strlen(w->items[i].blind), 32);
		body = xmemdup(w->items[i].blob.data, w->items[i].blob.len);
	}
	writes_free(&w);
	return body;
}

TEST(errands_and_texts_travel_as_the_store_documents_them)
{
	struct solo *s = asked("maple");
	char *body, want[200];

	solo_program(s, 0)->redact = true;
	solo_wake(s);
	body = body_of(s, EFFECT_ERRAND);
	text_set(want, sizeof(want),
		"{\"account\":\"maple\",\"errand\":\"look-up\",\"id\":\"A1\",\"job\":\"%s\",\"to\":"
		"\"" PERSON "\"}",
		job);
	assert_string_equal(body, want);
	free(body);
	solo_receipt_why(s, job, "undelivered", "network");
	body = body_of(s, EFFECT_TEXT);
	assert_string_equal(body,
		"{\"avoid\":\"maple\",\"body\":\"check_in|name=Ana|signs_as=Maple Team\",\"from\":"
		"\"" WEEKLY "\",\"hush\":true,\"to\":\"" PERSON "\"}");
	free(body);
	text_by(s, "birch", "IN7");
	body = body_of(s, EFFECT_ERRAND);
	assert_string_equal(body,
		"{\"account\":\"birch\",\"errand\":\"redact\",\"id\":\"IN7\",\"to\":"
		"\"" PERSON "\"}");
	free(body);
	solo_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_without_a_receipt_is_looked_up_once_and_counts_as_slow),
		cmocka_unit_test(a_page_is_looked_up_within_a_minute),
		cmocka_unit_test(what_a_look_up_finds_is_acted_on),
		cmocka_unit_test(nothing_is_asked_about_what_is_known_or_over_or_cannot_be_known),
		cmocka_unit_test(an_outcome_that_comes_again_after_the_look_up_asks_no_second_time),
		cmocka_unit_test(a_quiet_participant_pays_for_receipts_only_while_they_are_awaited),
		cmocka_unit_test(a_text_that_came_in_is_redacted_at_its_provider),
		cmocka_unit_test(a_text_of_ours_is_redacted_once_it_is_known_what_became_of_it),
		cmocka_unit_test(words_of_other_peoples_texts_on_the_same_account_are_left_alone),
		cmocka_unit_test(the_log_says_in_plain_words_how_an_errand_ended),
		cmocka_unit_test(errands_and_texts_travel_as_the_store_documents_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
