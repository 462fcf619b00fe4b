/*
 * Every verb for every partition on a real Redis Cluster of three primaries: a function that
 * touches a key of another slot fails here, and only here.
 */
#include "tests/lib/function_call.h"
#include "tests/lib/private_redis.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>
#include <warmline/clock.h>
#include <warmline/store.h>

#define NODES 3

static struct private_redis nodes[NODES];
static redisContext *context[NODES];
static int ports[NODES];

static int free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, len) || getsockname(fd, (void *)&address, &len))
		fail_abort("cluster: no free port");
	close(fd);
	return ntohs(address.sin_port);
}

static void start_node(int i)
{
	char port[12], bus[12];
	const char *const options[] = {"--port", port, "--bind", "127.0.0.1", "--cluster-enabled",
		"yes", "--cluster-port", bus, "--cluster-config-file", "nodes.conf", NULL};

	ports[i] = free_port();
	snprintf(port, sizeof(port), "%d", ports[i]);
	snprintf(bus, sizeof(bus), "%d", free_port());
	private_redis_start(&nodes[i], options);
	private_redis_do(&nodes[i], "CLUSTER ADDSLOTSRANGE %d %d", i * 16384 / NODES,
		(i + 1) * 16384 / NODES - 1);
	context[i] = redisConnectUnix(nodes[i].address.path);
	functions_load(context[i], "", "");
}

static bool cluster_ready(void)
{
	for (int i = 0; i < NODES; i++) {
		redisReply *reply = private_redis_command(&nodes[i], "CLUSTER INFO");
		bool ready = strstr(reply->str, "cluster_state:ok") &&
			     strstr(reply->str, "cluster_size:3") &&
			     strstr(reply->str, "cluster_slots_ok:16384");

		freeReplyObject(reply);
		if (!ready)
			return false;
	}
	return true;
}

static int bus_port(int i)
{
	redisReply *reply = private_redis_command(&nodes[i], "CONFIG GET cluster-port");
	int port = (int)strtol(reply->element[1]->str, NULL, 10);

	freeReplyObject(reply);
	return port;
}

static int start_cluster(void **state)
{
	int64_t until = clock_monotonic_ms() + 30000;

	(void)state;
	for (int i = 0; i < NODES; i++)
		start_node(i);
	for (int i = 1; i < NODES; i++)
		private_redis_do(&nodes[0], "CLUSTER MEET 127.0.0.1 %d %d", ports[i], bus_port(i));
	while (!cluster_ready()) {
		if (clock_monotonic_ms() > until)
			return -1;
		usleep(20000);
	}
	return 0;
}

static int stop_cluster(void **state)
{
	(void)state;
	for (int i = 0; i < NODES; i++) {
		redisFree(context[i]);
		private_redis_free(&nodes[i]);
	}
	return 0;
}

static redisContext *owner_of(int partition, int *node)
{
	long long slot = private_redis_number(
		&nodes[0], "CLUSTER KEYSLOT {p%02x}:alarm", (unsigned)partition);

	for (int i = 0; i < NODES; i++)
		if (slot < (i + 1) * 16384 / NODES) {
			*node = i;
			return context[i];
		}
	return NULL;
}

static void fine(redisReply *reply)
{
	if (reply->type == REDIS_REPLY_ERROR)
		fail_msg("%s", reply->str);
	freeReplyObject(reply);
}

struct names {
	char alarm[16], post[16], epoch[16], index[24], count[24];
	char actor[ACTOR_SIZE], other[ACTOR_SIZE], blind[BLIND_SIZE], job[JOB_ID_SIZE],
		job2[JOB_ID_SIZE];
};

static void name_all(struct names *n, int p)
{
	unsigned partition = (unsigned)p;

	snprintf(n->alarm, sizeof(n->alarm), "{p%02x}:alarm", partition);
	snprintf(n->post, sizeof(n->post), "{p%02x}:post", partition);
	snprintf(n->epoch, sizeof(n->epoch), "{p%02x}:epoch", partition);
	snprintf(n->index, sizeof(n->index), "{p%02x}:ix:urgent", partition);
	snprintf(n->count, sizeof(n->count), "{p%02x}:count:20260101", partition);
	snprintf(n->actor, sizeof(n->actor), "p%02x-00000000000000a1", partition);
	snprintf(n->other, sizeof(n->other), "p%02x-00000000000000b2", partition);
	snprintf(n->blind, sizeof(n->blind), "%02x112233445566778899aabbccddeeff", partition);
	snprintf(n->job, sizeof(n->job), "%s.1", n->actor);
	snprintf(n->job2, sizeof(n->job2), "%s.2", n->actor);
}

/* post by number with STOP, claim, a commit with every kind of write, and the rest. */
static void every_verb(redisContext *c, const struct names *n)
{
	fine(function_call(c, "wl_post", n->alarm, "e1", "", n->blind, n->actor, "weekly", "s", "1",
		"event", NULL));
	fine(function_call(c, "wl_post", n->alarm, "e1b", "", n->blind, n->actor, "weekly", "x",
		"1", "event", NULL));
	fine(function_call(c, "wl_claim", n->alarm, "4", "60000", "64", NULL));
	assert_int_equal(
		function_number(c, "wl_commit", n->alarm, n->actor, "1", "2", "0", "doc", "J",
			n->job, "2", "0", "0", "0", n->blind, "weekly", "body", "key", "J", n->job2,
			"0", "2", "0", "0", n->blind, "weekly", "body", "", "C", n->job2, "E", "e2",
			n->other, "", "", "1", "event", "T", "e3", "packed", "L", "entry", "I",
			"open", "5", "U", "urgent", "N", "texts", "P", n->blind, "0", NULL),
		1);
	fine(function_call(c, "wl_jobs", n->alarm, "60000", "4", "4", "4", NULL));
	assert_int_equal(function_number(c, "wl_begin", n->alarm, n->job, "1", "60000", NULL), 1);
	assert_int_equal(function_number(c, "wl_finish", n->alarm, n->job, "1", "a", "0", "SM1",
				 "o1", "event", NULL),
		1);
	fine(function_call(c, "wl_recall", n->alarm, n->job2, "1", "1", "key2", "0", "u", "", "o2",
		"event", NULL));
	fine(function_call(c, "wl_transit", n->post, "4", "60000", NULL));
	fine(function_call(c, "wl_transit_done", n->post, "e3", NULL));
	fine(function_call(c, "wl_tick", n->epoch, NULL));
	fine(function_call(c, "wl_list", n->index, NULL));
	fine(function_call(c, "wl_counts", n->count, NULL));
}

static void test_every_verb_stays_in_its_slot(void **state)
{
	int used[NODES] = {0};

	(void)state;
	for (int p = 0; p < PARTITIONS; p++) {
		struct names n;
		redisReply *reply;
		int node = 0;
		redisContext *c = owner_of(p, &node);

		used[node]++;
		name_all(&n, p);
		every_verb(c, &n);
		reply = function_call(c, "wl_read", n.alarm, n.actor, "", "", "5", NULL);
		assert_int_equal(reply->type, REDIS_REPLY_ARRAY);
		assert_string_equal(reply->element[2]->str, n.actor);
		freeReplyObject(reply);
	}
	for (int i = 0; i < NODES; i++)
		assert_true(used[i] > 5); /* else the test would prove little */
}

static void test_the_wrong_node_says_moved(void **state)
{
	int node = 0;
	struct names n;
	redisReply *reply;

	(void)state;
	name_all(&n, 0);
	owner_of(0, &node);
	reply = function_call(
		context[(node + 1) % NODES], "wl_claim", n.alarm, "1", "1000", "64", NULL);
	assert_int_equal(reply->type, REDIS_REPLY_ERROR);
	assert_int_equal(strncmp(reply->str, "MOVED", 5), 0);
	freeReplyObject(reply);
}

static void test_heartbeats_live_in_their_own_slot(void **state)
{
	int done = 0;

	(void)state;
	for (int i = 0; i < NODES; i++) {
		redisReply *reply = function_call(
			context[i], "wl_heartbeat", "{g}:ix:alive:scheduler", "host:1", NULL);

		done += reply->type == REDIS_REPLY_INTEGER;
		freeReplyObject(reply);
	}
	assert_int_equal(done, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_verb_stays_in_its_slot),
		cmocka_unit_test(test_the_wrong_node_says_moved),
		cmocka_unit_test(test_heartbeats_live_in_their_own_slot),
	};

	return cmocka_run_group_tests(tests, start_cluster, stop_cluster);
}
