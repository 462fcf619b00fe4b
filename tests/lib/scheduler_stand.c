#include "tests/lib/scheduler_stand.h"

#include <event2/event.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <warmline/clock.h>
#include <warmline/json.h>
#include <warmline/site.h>

#include <cmocka.h>

#define SID "{\"sid\":\"SM00000000000000000000000000000001\",\"status\":\"queued\"}"

struct stand *stand;

/* --- the bench ------------------------------------------------------------------------------- */

static void nothing(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

static void base_open(struct stand *b)
{
	struct timeval every = {.tv_usec = 10000};

	b->base = event_base_new();
	b->beat = event_new(b->base, -1, EV_PERSIST, nothing, NULL);
	event_add(b->beat, &every);
	b->store = store_redis_new(b->base, &b->redis.address, b->keys);
}

bool stand_loop_while(struct stand *b, bool (*busy)(struct stand *), int64_t ms)
{
	int64_t end = clock_monotonic_ms() + ms;

	while (busy(b) && clock_monotonic_ms() < end)
		event_base_loop(b->base, EVLOOP_ONCE);
	return !busy(b);
}

bool stand_always(struct stand *b)
{
	(void)b;
	return true;
}

bool stand_store_is_down(struct stand *b)
{
	const char *reason;

	return !b->store->ops->up(b->store, &reason);
}

int stand_setup(void **state)
{
	struct stand *b = stand = calloc(1, sizeof(*b));
	struct problems problems = {0};
	struct fail fail;

	private_redis_start(&b->redis, NULL);
	b->keys = keys_random();
	b->site = site_load("config/warmline.yaml", b->redis.folder, &problems);
	if (!b->site)
		problems_print(&problems);
	assert_non_null(b->site);
	problems_free(&problems);
	if (!store_redis_check(&b->redis.address, b->keys, &fail))
		fail_msg("%s", fail.text);
	b->house = site_house(b->site);
	b->server = rude_start();
	rude_otherwise(b->server, (struct rude_step){RUDE_ANSWER, 201, NULL, SID});
	snprintf(b->account.kind, sizeof(b->account.kind), "twilio");
	snprintf(b->account.api_url, sizeof(b->account.api_url), "http://127.0.0.1:%d",
		rude_port(b->server));
	snprintf(b->account.id, sizeof(b->account.id), "AC%032d", 7);
	snprintf(b->account.name, sizeof(b->account.name), "twilio");
	snprintf(b->account.api_secret, sizeof(b->account.api_secret), "%032d", 9);
	snprintf(b->account.secrets[0], sizeof(b->account.secrets[0]), "%032d", 9);
	b->account.nsecrets = 1;
	b->account.weight = 100;
	b->account.numbers = b->site->accounts[0].numbers;
	b->account.nnumbers = b->site->accounts[0].nnumbers;
	base_open(b);
	assert_true(stand_loop_while(b, stand_store_is_down, WAIT_MS));
	*state = b;
	return 0;
}

int stand_teardown(void **state)
{
	struct stand *b = *state;

	for (size_t i = 0; i < 2; i++) {
		if (b->children[i] > 0) {
			kill(b->children[i], SIGKILL);
			waitpid(b->children[i], NULL, 0);
		}
	}
	b->store->ops->free(b->store);
	event_free(b->beat);
	event_base_free(b->base);
	rude_stop(&b->server);
	site_free(&b->site);
	keys_free(&b->keys);
	private_redis_free(&b->redis);
	free(b);
	return 0;
}

struct scheduler_options stand_options_of(struct stand *b, struct event_base *base)
{
	return (struct scheduler_options){.base = base,
		.house = &b->house,
		.keys = b->keys,
		.accounts = &b->account,
		.naccounts = 1,
		.public_url = "https://warm.example",
		.journal = b->journal,
		.rest_ms = 1000,
		.settle_ms = 0,
		.lease_ms = 500,
		.http_ms = 2000};
}

void stand_member_start(struct stand *b, struct stand_member *m)
{
	struct scheduler_options options = stand_options_of(b, b->base);
	struct fail fail;

	m->store = options.store = store_redis_new(b->base, &b->redis.address, b->keys);
	m->plain = m->patched = *m->store->ops;
	m->store->ops = &m->patched;
	m->scheduler = scheduler_start(&options, &fail);
	assert_non_null(m->scheduler);
}

void stand_member_end(struct stand_member *m)
{
	scheduler_quit(m->scheduler);
	m->plain.free(m->store);
	scheduler_free(&m->scheduler);
}

/* --- what was posted, and what became of it
 * -------------------------------------------------------- */

void stand_number_of(size_t person, char number[20])
{
	snprintf(number, 20, "+1%03u55501%02u", 212 + (unsigned)(person / 90) % 90,
		10 + (unsigned)(person % 90));
}

void stand_on_posted(void *arg, enum store_result result, const char *actor)
{
	struct stand *b = arg;

	(void)actor;
	b->answered++;
	if (result != STORE_OK && result != STORE_DUPLICATE)
		fail_msg("post: %s", store_result_name(result));
}

/* Text number `n` of the stranger `person`. */
void stand_post_text(struct stand *b, size_t person, size_t n)
{
	char number[20], blind[BLIND_SIZE], id[60], event[300];
	struct post post = {.blind = blind, .event_id = id, .program = "demo"};

	stand_number_of(person, number);
	keys_blind(b->keys, number, blind);
	snprintf(id, sizeof(id), "tw:AC:SM-%zu-%zu:text", person, n);
	snprintf(event, sizeof(event),
		"{\"id\":\"%s\",\"kind\":\"text\",\"at\":1,\"from\":\"%s\",\"to\":\"+12025550100\","
		"\"body\":\"hello %zu\",\"program\":\"demo\"}",
		id, number, n);
	post.event = (struct blob){event, strlen(event)};
	b->posted++;
	b->store->ops->post(b->store, &post, stand_on_posted, b);
}

bool stand_posts_wait(struct stand *b)
{
	return b->answered < b->posted;
}

void stand_post_texts(struct stand *b, size_t from, size_t to)
{
	for (size_t n = from; n < to; n++)
		for (size_t person = 0; person < PEOPLE; person++)
			stand_post_text(b, person, n);
	assert_true(stand_loop_while(b, stand_posts_wait, WAIT_MS));
}

static void note_entry(struct stand_reading *r, const json_t *entry)
{
	const char *id = json_get_text(entry, "event", "");

	if (strcmp(json_get_text(entry, "kind", ""), "unreadable") == 0 &&
		strcmp(json_get_text(entry, "event", ""), "odd:1") == 0 &&
		strcmp(json_get_text(entry, "raw", ""), "ff007b") == 0)
		r->unreadable++;
	if (strcmp(json_get_text(entry, "kind", ""), "text-in") != 0 || strncmp(id, "tw:", 3) != 0)
		return;
	for (size_t i = 0; i < r->nseen; i++)
		if (strcmp(r->seen[i], id) == 0)
			r->doubled++;
	if (r->nseen < 512)
		snprintf(r->seen[r->nseen++], sizeof(r->seen[0]), "%.79s", id);
}

static void on_read(void *arg, enum store_result result, const struct actor_view *view)
{
	struct stand_reading *r = arg;

	r->done = true;
	r->result = result;
	r->nmail = view->nmail;
	r->nlog = view->nlog;
	snprintf(r->document, sizeof(r->document), "%.*s", (int)view->document.len,
		view->document.data ? (const char *)view->document.data : "");
	for (size_t i = 0; i < view->nlog; i++) {
		json_t *entry = json_parse(view->log[i].data, view->log[i].len);

		assert_non_null(entry);
		note_entry(r, entry);
		json_decref(entry);
	}
}

static struct stand_reading *reading_now;

static bool reading_waits(struct stand *b)
{
	(void)b;
	return !reading_now->done;
}

void stand_read_person(struct stand *b, size_t person, struct stand_reading *r)
{
	char number[20], blind[BLIND_SIZE];

	*r = (struct stand_reading){0};
	reading_now = r;
	stand_number_of(person, number);
	keys_blind(b->keys, number, blind);
	b->store->ops->read(b->store, NULL, blind, 1000, on_read, r);
	assert_true(stand_loop_while(b, reading_waits, WAIT_MS));
}

/* Until nobody has undecided mail. */
void stand_wait_decided(struct stand *b, size_t texts)
{
	int64_t end = clock_monotonic_ms() + WAIT_MS;
	struct stand_reading *r = calloc(1, sizeof(*r));

	for (size_t person = 0; person < PEOPLE;) {
		stand_read_person(b, person, r);
		if (r->result == STORE_OK && r->nmail == 0 && r->nseen >= texts)
			person++;
		else
			assert_true(clock_monotonic_ms() < end);
	}
	free(r);
}

void stand_expect_each_once(struct stand *b, size_t texts)
{
	struct stand_reading *r = calloc(1, sizeof(*r));

	for (size_t person = 0; person < PEOPLE; person++) {
		stand_read_person(b, person, r);
		assert_int_equal(r->result, STORE_OK);
		assert_int_equal(r->doubled, 0);
		assert_int_equal(r->nseen, texts);
	}
	free(r);
}

/* The job's id in the callback URL of request `n`. */
static void job_of_request(struct stand *b, size_t n, char job[JOB_ID_SIZE])
{
	char *request = rude_request(b->server, n), *at = strstr(request, "%26j%3D");

	assert_non_null(at);
	snprintf(job, JOB_ID_SIZE, "%.*s", (int)strcspn(at + 7, "%"), at + 7);
	free(request);
}

/* Lane 1: no job reached the provider twice. */
void stand_expect_no_job_twice(struct stand *b)
{
	size_t n = rude_requests(b->server);
	char(*jobs)[JOB_ID_SIZE] = calloc(n + 1, JOB_ID_SIZE);

	for (size_t i = 0; i < n; i++) {
		job_of_request(b, i, jobs[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(jobs[i], jobs[j]);
	}
	free(jobs);
}

bool stand_answers_wait(struct stand *b)
{
	return rude_requests(b->server) < PEOPLE;
}
