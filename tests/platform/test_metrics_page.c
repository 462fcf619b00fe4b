/* /metrics shows the schedulers' too, in the format that Prometheus demands. */
#include "gateway/metrics_page.h"
#include "scheduler/gauge.h"

#include <event2/buffer.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <warmline/metrics.h>

#include <cmocka.h>

static char journal[48];

static int setup(void **state)
{
	(void)state;
	snprintf(journal, sizeof(journal), "/tmp/warmline-metrics-XXXXXX");
	assert_non_null(mkdtemp(journal));
	return 0;
}

static int teardown(void **state)
{
	char command[80];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", journal);
	return system(command);
}

static void file_write(int number, const char *text)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/scheduler-%d", journal, number);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/scheduler-%d/metrics", journal, number);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static char *page(void)
{
	struct evbuffer *out = evbuffer_new();
	size_t len;
	char *text;

	metrics_page(out, journal);
	len = evbuffer_get_length(out);
	text = calloc(1, len + 1);
	evbuffer_remove(out, text, len);
	evbuffer_free(out);
	return text;
}

static void expect(const char *what, bool wanted)
{
	char *text = page();

	if ((strstr(text, what) != NULL) != wanted)
		fail_msg("%s \"%s\" in:\n%s", wanted ? "no" : "unexpected", what, text);
	free(text);
}

static void schedulers_are_shown_with_their_number_in_one_group(void **state)
{
	(void)state;
	metric_add("warmline_shared_total", "", 5);
	file_write(0, "# TYPE warmline_shared_total counter\nwarmline_shared_total 3\n"
		      "# TYPE warmline_lag gauge\nwarmline_lag{lane=\"crisis\"} 7\n");
	file_write(3, "warmline_shared_total 4\n");
	expect("# TYPE warmline_shared_total counter\n"
	       "warmline_shared_total 5\n"
	       "warmline_shared_total{scheduler=\"0\"} 3\n"
	       "warmline_shared_total{scheduler=\"3\"} 4\n",
		true);
	expect("# TYPE warmline_lag gauge\n"
	       "warmline_lag{scheduler=\"0\",lane=\"crisis\"} 7\n",
		true);
}

static void an_old_file_is_not_shown(void **state)
{
	char path[100];
	struct timeval long_ago[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};

	(void)state;
	file_write(0, "warmline_lag 7\n");
	expect("warmline_lag{scheduler=\"0\"} 7\n", true);
	snprintf(path, sizeof(path), "%s/scheduler-0/metrics", journal);
	utimes(path, long_ago);
	expect("warmline_lag", false);
}

static void a_torn_file_harms_nothing(void **state)
{
	(void)state;
	file_write(0, "\n\nwarmline_lag\nwarmline_good 1\nwarmline_cut{lane=\"cr");
	expect("warmline_good{scheduler=\"0\"} 1\n", true);
	expect("warmline_lag", false);
	expect("warmline_cut", false);
}

static void what_a_scheduler_writes_is_shown(void **state)
{
	struct gauge gauge = {0};
	char folder[80];

	(void)state;
	snprintf(folder, sizeof(folder), "%s/scheduler-1", journal);
	mkdir(folder, 0700);
	metric_set("warmline_depth", "", 11);
	gauge_beat(&gauge, folder, 1000);
	expect("warmline_depth{scheduler=\"1\"} 11\n", true);
	metric_set("warmline_depth", "", 12);
	gauge_beat(&gauge, folder, 1500);
	expect("warmline_depth{scheduler=\"1\"} 11\n", true); /* every two seconds */
	gauge_beat(&gauge, folder, 3000);
	expect("warmline_depth{scheduler=\"1\"} 12\n", true);
}

#define ring(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ring(schedulers_are_shown_with_their_number_in_one_group),
		ring(an_old_file_is_not_shown),
		ring(a_torn_file_harms_nothing),
		ring(what_a_scheduler_writes_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
