/* Events as they come from anywhere: known kinds by name, anything else kept apart. */
#include "tests/lib/solo.h"

TEST(every_kind_is_read_by_its_name)
{
	for (int kind = EVENT_TEXT; kind < EVENT_UNKNOWN; kind++) {
		json_t *data = json_pack("{s:s,s:s,s:I}", "id", "x:1", "kind",
			event_kind_name((enum event_kind)kind), "at", (json_int_t)1767970800000);
		struct event event;

		event_read(data, &event);
		assert_int_equal(event.kind, kind);
		assert_string_equal(event.id, "x:1");
		assert_int_equal(event.at, 1767970800000);
		assert_ptr_equal(event.data, data);
		json_decref(data);
	}
}

TEST(what_is_no_event_of_ours_is_unknown_and_harmless)
{
	static const char *const texts[] = {"{}", "{\"kind\":\"tomorrow\"}",
		"{\"kind\":5,\"id\":[]}", "{\"kind\":\"TEXT\",\"at\":\"noon\"}",
		"{\"kind\":\"unknown\"}"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		json_t *data = json_parse(texts[i], strlen(texts[i]));
		struct event event;

		event_read(data, &event);
		assert_int_equal(event.kind, EVENT_UNKNOWN);
		assert_string_equal(event.id, "");
		assert_int_equal(event.at, 0);
		json_decref(data);
	}
	assert_string_equal(event_kind_name((enum event_kind)99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_read_by_its_name),
		cmocka_unit_test(what_is_no_event_of_ours_is_unknown_and_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
