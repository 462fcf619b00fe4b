#include "ctl/visit.h"

#include <errno.h>
#include <event2/event.h>
#include <unistd.h>
#include <warmline/clock.h>

#define CONNECT_MS 3000
#define TURN_MS    20

static int not_running(const struct visit *visit, const char *why)
{
	fprintf(stderr,
		"warmline is not running here: %s. Start it with \"warmline up\", or set "
		"WARMLINE_STATE to the state folder of the one that runs.\n",
		why);
	(void)visit;
	return ENDED_NOT_RUNNING;
}

/* A moment of the loop: returns after `ms`, or earlier when something happened. */
static void turn(struct visit *visit, int64_t ms)
{
	struct timeval wait = {.tv_usec = ms * 1000};

	event_base_loopexit(visit->base, &wait);
	event_base_loop(visit->base, EVLOOP_ONCE);
}

void visit_wait(struct visit *visit)
{
	while (visit->pending)
		turn(visit, TURN_MS);
}

void visit_pause(struct visit *visit, int64_t ms)
{
	int64_t end = clock_monotonic_ms() + ms;

	while (clock_monotonic_ms() < end)
		turn(visit, TURN_MS);
}

static int connect_store(struct visit *visit)
{
	const struct redis_address *redis = &visit->site->redis;
	int64_t deadline = clock_monotonic_ms() + CONNECT_MS;
	const char *reason = "";
	char why[512];

	visit->store = store_redis_new(visit->base, redis, visit->keys);
	while (!visit->store->ops->up(visit->store, &reason)) {
		if (clock_monotonic_ms() > deadline) {
			text_set(why, sizeof(why), "its Redis does not answer (%s)", reason);
			return not_running(visit, why);
		}
		turn(visit, TURN_MS);
	}
	return ENDED_WELL;
}

static int open_keys(struct visit *visit)
{
	char path[PATH_SIZE], why[PATH_SIZE + 64];
	struct fail fail;

	site_path(visit->site, "keys", path);
	if (access(path, F_OK) < 0 && errno == ENOENT) {
		text_set(why, sizeof(why), "there is no %s", path);
		return not_running(visit, why);
	}
	visit->keys = keys_load(path, &fail);
	if (visit->keys)
		return ENDED_WELL;
	fprintf(stderr, "warmline: %s\n", fail.text);
	return ENDED_FAILED;
}

int visit_open(struct visit *visit, const struct call *call)
{
	const struct redis_address *redis;
	char why[PATH_SIZE + 64];
	int code;

	*visit = (struct visit){.site = call_site(call)};
	if (!visit->site)
		return ENDED_PROBLEMS;
	redis = &visit->site->redis;
	code = open_keys(visit);
	if (code != ENDED_WELL)
		return code;
	if (*redis->path && access(redis->path, F_OK) < 0) {
		text_set(why, sizeof(why), "nothing listens at %s", redis->path);
		return not_running(visit, why);
	}
	visit->base = event_base_new();
	if (!visit->base)
		fail_abort("the event loop could not be made");
	return connect_store(visit);
}

void visit_close(struct visit *visit)
{
	if (visit->store)
		visit->store->ops->free(visit->store);
	if (visit->base)
		event_base_free(visit->base);
	keys_free(&visit->keys);
	if (visit->site)
		site_free(&visit->site);
	*visit = (struct visit){.pending = 0};
}

int visit_failed(const struct visit *visit, enum store_result result)
{
	switch (result) {
	case STORE_NONE:
		fprintf(stderr, "warmline: nobody with this id or number is known here.\n");
		return ENDED_NOT_FOUND;
	case STORE_BROKEN:
		fprintf(stderr,
			"warmline: what is stored could not be opened with the keys in %s/keys. "
			"See: warmline list broken\n",
			visit->site->state);
		return ENDED_FAILED;
	case STORE_REFUSED:
	case STORE_UNKNOWN: return not_running(visit, "its Redis did not answer in time");
	default:
		fprintf(stderr, "warmline: the store answered \"%s\".\n",
			store_result_name(result));
		return ENDED_FAILED;
	}
}
