/* Counters that workers share, and how a scrape reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/buffer.h>
#include <sys/wait.h>
#include <unistd.h>
#include <warmline/metrics.h>

static void workers_add_to_one_number(void **state)
{
	(void)state;
	metrics_open();
	fflush(NULL);
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			for (int n = 0; n < 10000; n++) {
				metric_add("warmline_a_total", "", 1);
				metric_add("warmline_b_total", i % 2 ? "x=\"1\"" : "x=\"2\"", 1);
			}
			_exit(0);
		}
	}
	for (int i = 0; i < 4; i++)
		wait(NULL);
	assert_int_equal(metric_get("warmline_a_total", ""), 40000);
	assert_int_equal(metric_get("warmline_b_total", "x=\"1\""), 20000);
	assert_int_equal(metric_get("warmline_b_total", "x=\"2\""), 20000);
	assert_int_equal(metric_get("warmline_c_total", ""), 0);
}

static void a_scrape_is_prometheus_text(void **state)
{
	struct evbuffer *out = evbuffer_new();
	const char *text;

	(void)state;
	metrics_open();
	metric_set("warmline_z", "", -3);
	metric_add("warmline_y_total", "k=\"2\"", 2);
	metric_add("warmline_y_total", "k=\"1\"", 1);
	metric_set("warmline_z", "", 5);
	metric_set("warmline_journal_up", "", 1);
	metrics_print(out);
	evbuffer_add(out, "", 1);
	text = (const char *)evbuffer_pullup(out, -1);
	assert_string_equal(text, "# HELP warmline_journal_up 1 when the journal takes events\n"
				  "# TYPE warmline_journal_up gauge\n"
				  "warmline_journal_up 1\n"
				  "# TYPE warmline_y_total counter\n"
				  "warmline_y_total{k=\"1\"} 1\n"
				  "warmline_y_total{k=\"2\"} 2\n"
				  "# TYPE warmline_z gauge\n"
				  "warmline_z 5\n");
	evbuffer_free(out);
}

static void a_series_without_room_is_counted_as_lost(void **state)
{
	char label[24], too_long[200];

	(void)state;
	metrics_open();
	metric_add("warmline_metrics_lost_total", "", 0);
	memset(too_long, 'a', sizeof(too_long) - 1);
	too_long[sizeof(too_long) - 1] = '\0';
	metric_add("warmline_long_total", too_long, 1);
	assert_int_equal(metric_get("warmline_metrics_lost_total", ""), 1);
	for (int i = 0; i < 2000; i++) {
		snprintf(label, sizeof(label), "i=\"%d\"", i);
		metric_add("warmline_many_total", label, 1);
	}
	assert_true(metric_get("warmline_metrics_lost_total", "") > 900);
	assert_int_equal(metric_get("warmline_many_total", "i=\"0\""), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workers_add_to_one_number),
		cmocka_unit_test(a_scrape_is_prometheus_text),
		cmocka_unit_test(a_series_without_room_is_counted_as_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
