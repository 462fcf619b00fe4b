/*
 * due FOLDER [PEOPLE]: how many due check-ins a scheduler claims, decides and commits a second.
 *
 * Enrolls people into the demo program over the Redis of FOLDER/redis.sock, waits until their
 * first check-in is due, then lets one decider work. Every commit writes the sealed document, a
 * text into the outbox, log entries, counters and the next alarm, all fsynced.
 */
#include "scheduler/decider.h"

#include <event2/event.h>
#include <string.h>
#include <warmline/clock.h>
#include <warmline/json.h>
#include <warmline/log.h>
#include <warmline/site.h>

#define IN_FLIGHT 256

struct due {
	struct event_base *base;
	struct store *store;
	struct keys *keys;
	struct site *site;
	struct decider *decider;
	size_t people, next, posted, texts, wanted;
	bool deciding;
};

static void post_next(struct due *d);

static void on_posted(void *arg, enum store_result result, const char *actor)
{
	struct due *d = arg;

	(void)actor;
	if (result != STORE_OK)
		fail_abort("a post ended as %s", store_result_name(result));
	if (++d->posted == d->people)
		event_base_loopbreak(d->base);
	post_next(d);
}

static void post_next(struct due *d)
{
	char number[17], blind[BLIND_SIZE], id[48], *text;
	struct post post = {.blind = blind, .event_id = id, .program = "demo"};

	if (d->next == d->people)
		return;
	text_set(number, sizeof(number), "+1313%07zu", 2000000 + d->next);
	text_set(id, sizeof(id), "bench:%zu", d->next++);
	keys_blind(d->keys, number, blind);
	text = xasprintf("{\"id\":\"%s\",\"kind\":\"enroll\",\"at\":%lld,\"program\":\"demo\","
			 "\"number\":\"%s\",\"name\":\"Pat\",\"zone\":\"America/Detroit\","
			 "\"confirmed\":true,\"by\":\"bench\"}",
		id, (long long)clock_wall_ms(), number);
	post.event = (struct blob){text, strlen(text)};
	d->store->ops->post(d->store, &post, on_posted, d);
	free(text);
}

static void on_texts(void *arg, int partition, int64_t now_ms, int64_t due_ms)
{
	struct due *d = arg;

	(void)partition, (void)now_ms, (void)due_ms;
	if (++d->texts == d->wanted)
		event_base_loopbreak(d->base);
}

static void on_transit(void *arg, int partition)
{
	(void)arg, (void)partition;
}

static void on_beat(evutil_socket_t fd, short what, void *arg)
{
	struct due *d = arg;

	(void)fd, (void)what;
	if (!d->deciding)
		return;
	for (int p = 0; p < PARTITIONS; p++)
		decider_ring(d->decider, p);
	decider_beat(d->decider, clock_monotonic_ms());
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	event_base_loopbreak(arg);
}

static void wait_ms(struct due *d, int64_t ms)
{
	struct timeval t = {ms / 1000, (ms % 1000) * 1000};

	event_base_once(d->base, -1, EV_TIMEOUT, on_time, d->base, &t);
	event_base_dispatch(d->base);
}

static double decide_until(struct due *d, size_t wanted)
{
	int64_t started = clock_monotonic_ms();

	d->wanted = wanted;
	d->deciding = true;
	while (d->texts < wanted)
		event_base_dispatch(d->base);
	d->deciding = false;
	return (double)(clock_monotonic_ms() - started) / 1000;
}

static void open_all(struct due *d, const char *folder)
{
	struct problems problems = {0};
	static struct house house;
	static struct outage outage;

	d->base = event_base_new();
	d->keys = keys_random();
	d->site = site_load(NULL, folder, &problems);
	if (!d->site) {
		problems_print(&problems);
		exit(1);
	}
	text_set(d->site->redis.path, PATH_SIZE, "%s/redis.sock", folder);
	house = site_house(d->site);
	outage_open(&outage, 0);
	d->store = store_redis_new(d->base, &d->site->redis, d->keys);
	d->decider = decider_new(&(struct decider_options){.store = d->store,
					 .house = &house,
					 .keys = d->keys,
					 .outage = &outage,
					 .on_texts = on_texts,
					 .on_transit = on_transit,
					 .arg = d},
		clock_monotonic_ms());
}

int main(int argc, char **argv)
{
	struct due d = {.people = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000};
	struct timeval beat_ms = {0, 2000};
	const char *reason = "";
	double enrolled, asked;
	struct event *beat;

	if (argc < 2)
		return 2;
	log_least(LOG_LEVEL_WARN);
	open_all(&d, argv[1]);
	beat = event_new(d.base, -1, EV_PERSIST, on_beat, &d);
	event_add(beat, &beat_ms);
	while (!d.store->ops->up(d.store, &reason))
		wait_ms(&d, 20);
	for (int i = 0; i < IN_FLIGHT; i++)
		post_next(&d);
	while (d.posted < d.people)
		event_base_dispatch(d.base);
	enrolled = decide_until(&d, d.people);
	wait_ms(&d, 21000); /* demo.yaml: the first check-in is due 20 s after joining */
	asked = decide_until(&d, 2 * d.people);
	printf("scheduler: %zu due check-ins claimed, decided, committed: %.0f/s "
	       "(enrollments: %.0f/s), one decider, every commit fsynced\n",
		d.people, (double)d.people / asked, (double)d.people / enrolled);
	return 0;
}
