/* Journal, store, answer: every row of the table in reliability.md C1, and the order of a sender.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/poster.h"
#include "gateway/turn.h"
#include "platform/spool_inside.h"
#include "tests/lib/ram_disk.h"

#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <warmline/clock.h>
#include <warmline/fail.h>
#include <warmline/json.h>
#include <warmline/seal.h>

#define LIMIT_MS 15000
#define SENDERS  5

/* --- a store between the poster and the memory store, that fails on demand ---------------------
 */

enum mood { WELL, REFUSES, FORGETS, APPLIES_UNHEARD, MIXED };

struct between {
	struct store store;
	struct store_ops ops;
	struct store *memory;
	enum mood mood;
	bool up;
	uint64_t chance;
	int owing;          /* completions that are on their way */
	char *posted[2000]; /* event ids in the order of the posts that were let through */
	size_t nposted;
};

struct pending {
	store_post_cb *cb;
	void *arg;
	enum store_result result;
};

static struct event_base *base;
static struct keys *keys;
static struct ram_disk *ram;
static struct spool *spool;
static struct poster *poster;
static struct between between;

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct pending *pending = arg;

	(void)fd;
	(void)what;
	between.owing--;
	pending->cb(pending->arg, pending->result, NULL);
	free(pending);
}

static void later(store_post_cb *cb, void *arg, enum store_result result)
{
	struct pending *pending = xcalloc(1, sizeof(*pending));
	struct timeval soon = {0, 1000};

	*pending = (struct pending){cb, arg, result};
	between.owing++;
	event_base_once(base, -1, EV_TIMEOUT, on_later, pending, &soon);
}

static void on_ignored(void *arg, enum store_result result, const char *actor)
{
	(void)arg;
	(void)result;
	(void)actor;
}

static enum mood mood_now(void)
{
	uint64_t chance;

	if (between.mood != MIXED)
		return between.mood;
	chance = ram_random(&between.chance) % 10;
	return chance <= APPLIES_UNHEARD ? (enum mood)chance : WELL;
}

static void between_post(struct store *store, const struct post *post, store_post_cb *cb, void *arg)
{
	enum mood mood = mood_now();

	(void)store;
	if (mood == REFUSES || mood == FORGETS) {
		later(cb, arg, mood == REFUSES ? STORE_REFUSED : STORE_UNKNOWN);
		return;
	}
	between.posted[between.nposted++] = xstrdup(post->event_id);
	if (mood == APPLIES_UNHEARD) {
		between.memory->ops->post(between.memory, post, on_ignored, NULL);
		later(cb, arg, STORE_UNKNOWN);
		return;
	}
	between.memory->ops->post(between.memory, post, cb, arg);
}

static bool between_up(const struct store *store, const char **reason)
{
	(void)store;
	*reason = between.up ? "" : "away";
	return between.up;
}

static void open_journal(void)
{
	struct spool_options options = {
		.folder = "/journal", .keys = keys, .ballast_bytes = (size_t)-1};
	struct fail fail;

	spool = spool_open_on(&ram->disk, base, &options, &fail);
	if (!spool)
		fail_msg("%s", fail.text);
}

static int setup(void **state)
{
	(void)state;
	turn_open(2);
	turn_begin(0);
	turn_ready(1);
	base = event_base_new();
	keys = keys_random();
	ram = ram_disk_new();
	between = (struct between){.memory = store_memory_new(), .up = true, .chance = 7};
	store_memory_time(between.memory, 1000);
	between.ops = *between.memory->ops;
	between.ops.post = between_post;
	between.ops.up = between_up;
	between.store.ops = &between.ops;
	open_journal();
	poster = poster_new(base, &between.store, spool, 0);
	poster_begin(poster);
	return 0;
}

static void turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
	while (store_turn(between.memory))
		;
}

static void settle(void)
{
	do
		turn();
	while (between.owing > 0);
}

static int teardown(void **state)
{
	(void)state;
	poster_stop(poster);
	settle();
	between.memory->ops->free(between.memory);
	spool_close(&spool);
	poster_free(&poster);
	for (size_t i = 0; i < between.nposted; i++)
		free(between.posted[i]);
	ram_disk_free(&ram);
	keys_free(&keys);
	event_base_free(base);
	return 0;
}

/* --- what is submitted and what came of it -----------------------------------------------------
 */

struct ticket {
	int answers;
	enum parcel_answer answer;
	int64_t after_ms, began_ms;
};

static void on_answer(void *arg, enum parcel_answer answer)
{
	struct ticket *ticket = arg;

	ticket->answers++;
	ticket->answer = answer;
	ticket->after_ms = clock_monotonic_ms() - ticket->began_ms;
}

static void blind_of(int sender, char blind[BLIND_SIZE])
{
	char number[24];

	snprintf(number, sizeof(number), "+120255501%02d", sender);
	keys_blind(keys, number, blind);
}

static struct parcel *parcel_of(int sender, int n)
{
	char id[40], blind[BLIND_SIZE], event[80];

	blind_of(sender, blind);
	snprintf(id, sizeof(id), "e%d-%04d", sender, n);
	snprintf(event, sizeof(event), "{\"id\":\"%s\",\"kind\":\"text\"}", id);
	return parcel_new_take(id, NULL, blind, "demo", xstrdup(event));
}

static struct parcel *submit(struct ticket *ticket, int sender, int n, bool urgent)
{
	struct parcel *parcel = parcel_of(sender, n);

	parcel->urgent = urgent;
	*ticket = (struct ticket){.began_ms = clock_monotonic_ms()};
	poster_submit_take(poster, parcel, on_answer, ticket);
	return parcel;
}

static void wait_answer(struct ticket *ticket)
{
	int64_t until = clock_monotonic_ms() + LIMIT_MS;

	while (!ticket->answers && clock_monotonic_ms() < until)
		turn();
	assert_int_equal(ticket->answers, 1);
}

static void wait_empty(void)
{
	int64_t until = clock_monotonic_ms() + LIMIT_MS;

	while (poster_waiting(poster) > 0 && clock_monotonic_ms() < until)
		turn();
	assert_int_equal(poster_waiting(poster), 0);
}

struct box {
	char ids[8000];
	size_t n;
};

static void on_read(void *arg, enum store_result result, const struct actor_view *view)
{
	struct box *box = arg;

	if (result != STORE_OK)
		return;
	box->n = view->nmail;
	for (size_t i = 0; i < view->nmail; i++) {
		strcat(box->ids, view->mail[i].event_id);
		strcat(box->ids, " ");
	}
}

static struct box box_of(int sender)
{
	struct box box = {"", 0};
	char blind[BLIND_SIZE];

	blind_of(sender, blind);
	between.memory->ops->read(between.memory, NULL, blind, 0, on_read, &box);
	turn();
	return box;
}

static void on_open_record(
	void *arg, uint64_t sequence, int64_t written_ms, bool open, const void *data, size_t len)
{
	(void)sequence;
	(void)written_ms;
	(void)open;
	(void)data;
	(void)len;
	++*(int *)arg;
}

static int open_in_journal(void)
{
	int n = 0;

	assert_true(spool_replay(spool, true, 0, on_open_record, &n, NULL));
	return n;
}

/* --- the rows of the table ---------------------------------------------------------------------
 */

static void journal_and_store_well_means_safe_and_finished(void **state)
{
	struct ticket ticket;

	(void)state;
	submit(&ticket, 0, 1, false);
	wait_answer(&ticket);
	assert_int_equal(ticket.answer, PARCEL_SAFE);
	wait_empty();
	assert_int_equal(box_of(0).n, 1);
	assert_int_equal(open_in_journal(), 0);
}

static void a_store_known_to_be_away_is_not_waited_for(void **state)
{
	struct ticket ticket;

	(void)state;
	between.up = false;
	between.mood = REFUSES;
	submit(&ticket, 0, 1, false);
	wait_answer(&ticket);
	assert_int_equal(ticket.answer, PARCEL_SAFE);
	assert_true(ticket.after_ms < 500);
	assert_int_equal(open_in_journal(), 1);
	between.up = true;
	between.mood = WELL;
	wait_empty();
	assert_int_equal(box_of(0).n, 1);
	assert_int_equal(open_in_journal(), 0);
}

static void a_silent_store_is_waited_for_600_ms(void **state)
{
	struct ticket ticket;

	(void)state;
	between.mood = FORGETS;
	submit(&ticket, 0, 1, false);
	wait_answer(&ticket);
	assert_int_equal(ticket.answer, PARCEL_SAFE);
	assert_in_range(ticket.after_ms, 590, 1200);
	between.mood = WELL;
	wait_empty();
	assert_int_equal(box_of(0).n, 1);
}

static void a_post_that_was_applied_unheard_counts_once(void **state)
{
	struct ticket ticket;

	(void)state;
	between.mood = APPLIES_UNHEARD;
	submit(&ticket, 0, 1, false);
	wait_answer(&ticket);
	between.mood = WELL;
	wait_empty();
	assert_true(between.nposted >= 2);
	assert_int_equal(box_of(0).n, 1);
}

static void journal_failed_and_store_well_is_safe(void **state)
{
	struct ticket ticket;

	(void)state;
	ram_disk_fail(ram, 1, 1000000, EIO);
	submit(&ticket, 0, 1, false);
	wait_answer(&ticket);
	assert_int_equal(ticket.answer, PARCEL_SAFE);
	wait_empty();
	assert_int_equal(box_of(0).n, 1);
	ram_disk_fail(ram, 0, 0, 0);
}

static void both_failed_is_lost_but_posted_when_the_store_is_back(void **state)
{
	struct ticket ticket;

	(void)state;
	ram_disk_fail(ram, 1, 1000000, ENOSPC);
	between.mood = REFUSES;
	submit(&ticket, 0, 1, true);
	wait_answer(&ticket);
	assert_int_equal(ticket.answer, PARCEL_LOST);
	between.mood = WELL;
	wait_empty();
	assert_int_equal(box_of(0).n, 1);
	ram_disk_fail(ram, 0, 0, 0);
}

static void who_left_is_not_answered_and_the_text_goes_its_way(void **state)
{
	struct ticket ticket;

	(void)state;
	between.mood = FORGETS;
	poster_forget(submit(&ticket, 0, 1, false));
	between.mood = WELL;
	wait_empty();
	assert_int_equal(ticket.answers, 0);
	assert_int_equal(box_of(0).n, 1);
}

/* --- order -------------------------------------------------------------------------------------
 */

static void order_of_each_sender_holds_whatever_the_store_does(void **state)
{
	static struct ticket tickets[SENDERS][60];

	(void)state;
	between.mood = MIXED;
	for (int n = 0; n < 60; n++) {
		for (int s = 0; s < SENDERS; s++)
			submit(&tickets[s][n], s, n, n % 7 == 0);
		turn();
	}
	wait_empty();
	for (int s = 0; s < SENDERS; s++) {
		char wanted[8000] = "";
		struct box box = box_of(s);

		for (int n = 0; n < 60; n++) {
			char id[40];

			snprintf(id, sizeof(id), "e%d-%04d ", s, n);
			strcat(wanted, id);
			assert_int_equal(tickets[s][n].answers, 1);
		}
		assert_string_equal(box.ids, wanted);
	}
}

static void a_crisis_goes_before_other_senders(void **state)
{
	static struct ticket tickets[40];

	(void)state;
	between.up = false;
	between.mood = REFUSES;
	for (int s = 0; s < 40; s++)
		submit(&tickets[s], s, 1, s == 39);
	for (int s = 0; s < 40; s++)
		wait_answer(&tickets[s]);
	between.up = true;
	between.mood = WELL;
	wait_empty();
	assert_true(between.nposted >= 40);
	assert_true(strcmp(between.posted[0], "e39-0001") == 0 ||
		    strcmp(between.posted[1], "e39-0001") == 0);
}

static void an_older_text_in_another_workers_journal_goes_first(void **state)
{
	char blind[BLIND_SIZE];
	struct ticket ticket;

	(void)state;
	blind_of(0, blind);
	turn_hold(1, turn_line(blind), 1);
	submit(&ticket, 0, 1, false);
	wait_answer(&ticket); /* from the journal, after 600 ms */
	assert_int_equal(between.nposted, 0);
	turn_hold(1, turn_line(blind), 0);
	wait_empty();
	assert_int_equal(box_of(0).n, 1);
}

static void a_worker_that_holds_a_line_for_ever_is_not_waited_for_for_ever(void **state)
{
	char blind[BLIND_SIZE];
	struct ticket ticket;

	(void)state;
	blind_of(0, blind);
	turn_hold(1, turn_line(blind), 1);
	submit(&ticket, 0, 1, false);
	wait_empty();
	assert_int_equal(box_of(0).n, 1);
	turn_hold(1, turn_line(blind), 0);
}

static void turn_for(int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;

	while (clock_monotonic_ms() < until)
		turn();
}

static bool was_posted(const char *id)
{
	for (size_t i = 0; i < between.nposted; i++)
		if (strcmp(between.posted[i], id) == 0)
			return true;
	return false;
}

/* Until it is posted, at most `ms`. */
static bool is_posted_within(const char *id, int64_t ms)
{
	int64_t until = clock_monotonic_ms() + ms;

	while (!was_posted(id) && clock_monotonic_ms() < until)
		turn();
	return was_posted(id);
}

/* With many lines waiting nobody looks at one of them for longer than a turn may take. */
static void time_without_a_store_is_no_waiting_for_a_turn(void **state)
{
	static struct ticket tickets[40];
	char blind[BLIND_SIZE];

	(void)state;
	blind_of(0, blind);
	turn_hold(1, turn_line(blind), 1);
	submit(&tickets[0], 0, 1, false);
	turn_for(50);
	between.up = false;
	between.mood = REFUSES;
	for (int s = 1; s < 40; s++)
		submit(&tickets[s], s, 1, false);
	turn_for(6000);
	between.up = true;
	between.mood = WELL;
	assert_true(is_posted_within("e39-0001", 4000)); /* sooner than a turn is waited out */
	assert_false(was_posted("e0-0001"));
	turn_hold(1, turn_line(blind), 0);
	wait_empty();
	assert_int_equal(box_of(0).n, 1);
}

static void a_worker_that_gets_on_with_its_backlog_is_not_overtaken(void **state)
{
	char blind[BLIND_SIZE];
	struct ticket ticket;

	(void)state;
	blind_of(0, blind);
	for (int n = 1; n <= 4; n++) {
		turn_hold(1, turn_line(blind), n);
		if (n == 1)
			submit(&ticket, 0, 1, false);
		turn_for(2000);
		assert_false(was_posted("e0-0001"));
	}
	turn_hold(1, turn_line(blind), 0);
	wait_empty();
	assert_int_equal(box_of(0).n, 1);
}

static void what_was_open_comes_back_before_anything_new(void **state)
{
	struct ticket old, new;
	struct box box;

	(void)state;
	between.up = false;
	between.mood = REFUSES;
	submit(&old, 0, 1, false);
	wait_answer(&old);
	/* the process ends and starts again on the same disk */
	poster_stop(poster);
	settle();
	spool_close(&spool);
	poster_free(&poster);
	turn_begin(0);
	open_journal();
	between.up = true;
	between.mood = WELL;
	poster = poster_new(base, &between.store, spool, 0);
	poster_replay(poster, spool, true, 0);
	poster_begin(poster);
	submit(&new, 0, 2, false);
	wait_empty();
	box = box_of(0);
	assert_string_equal(box.ids, "e0-0001 e0-0002 ");
}

#define with(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with(journal_and_store_well_means_safe_and_finished),
		with(a_store_known_to_be_away_is_not_waited_for),
		with(a_silent_store_is_waited_for_600_ms),
		with(a_post_that_was_applied_unheard_counts_once),
		with(journal_failed_and_store_well_is_safe),
		with(both_failed_is_lost_but_posted_when_the_store_is_back),
		with(who_left_is_not_answered_and_the_text_goes_its_way),
		with(order_of_each_sender_holds_whatever_the_store_does),
		with(a_crisis_goes_before_other_senders),
		with(an_older_text_in_another_workers_journal_goes_first),
		with(a_worker_that_holds_a_line_for_ever_is_not_waited_for_for_ever),
		with(time_without_a_store_is_no_waiting_for_a_turn),
		with(a_worker_that_gets_on_with_its_backlog_is_not_overtaken),
		with(what_was_open_comes_back_before_anything_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
