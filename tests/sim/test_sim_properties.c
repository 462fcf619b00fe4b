/*
 * Weeks of a small town in milliseconds, with everything failing that can. WARMLINE_SEEDS
 * histories (default 100) from WARMLINE_SEED_FROM (default 1); WARMLINE_SEED=n plays one again.
 * Odd seeds are hours of a program in minutes, even ones three weeks of a weekly program.
 */
#include "tests/sim/world.h"

#include <platform/lexicon_file.h>
#include <stdio.h>

static struct house *house;
static struct lexicons *lexicons;

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

struct totals {
	size_t decisions, lost, sends, steps, again, look_ups, redactions, joined;
};

static bool live(uint64_t seed, enum mutant mutant, struct totals *totals, char why[400])
{
	struct world *w = world_new(house, seed, mutant);
	bool held = world_run(w);

	totals->decisions += w->decisions;
	totals->lost += w->commits_lost;
	totals->sends += w->sends;
	totals->steps += w->steps;
	totals->again += w->again;
	totals->look_ups += w->look_ups;
	totals->redactions += w->redactions;
	totals->joined += w->joined;
	memcpy(why, w->failure, sizeof(w->failure));
	world_free(&w);
	return held;
}

TEST(every_promise_holds_after_every_step_of_every_history)
{
	uint64_t one = number_of("WARMLINE_SEED", 0);
	uint64_t from = one ? one : number_of("WARMLINE_SEED_FROM", 1);
	uint64_t n = one ? 1 : number_of("WARMLINE_SEEDS", 100);
	struct totals totals = {0};
	size_t failed = 0;
	char why[400];

	for (uint64_t seed = from; seed < from + n; seed++) {
		if (live(seed, MUTANT_NONE, &totals, why))
			continue;
		print_message("seed %llu: %s\n  again: WARMLINE_SEED=%llu %s\n",
			(unsigned long long)seed, why, (unsigned long long)seed,
			"build/release/tests/sim/test_sim_properties");
		if (++failed == 5)
			break;
	}
	print_message("%llu histories: %zu steps, %zu decisions, %zu lost commits, %zu texts, "
		      "%zu written again, %zu look-ups, %zu redactions, %zu texts joined\n",
		(unsigned long long)n, totals.steps, totals.decisions, totals.lost, totals.sends,
		totals.again, totals.look_ups, totals.redactions, totals.joined);
	assert_int_equal(failed, 0);
	assert_true(totals.decisions > 20 * n && totals.sends > 5 * n);
	assert_true(one || totals.lost > 0);
	assert_true(n < 20 || (totals.again && totals.look_ups && totals.redactions));
	assert_true(n < 20 || totals.joined > 0);
}

TEST(the_same_seed_is_the_same_history)
{
	struct totals a = {0}, b = {0};
	char why[400];

	for (uint64_t seed = 1; seed <= 4; seed++) {
		live(seed, MUTANT_NONE, &a, why);
		live(seed, MUTANT_NONE, &b, why);
	}
	assert_memory_equal(&a, &b, sizeof(a));
}

/* A promise that nothing can break is not being looked at: every mutant must be caught. */
TEST(every_way_to_break_the_engine_is_noticed)
{
	uint64_t most = number_of("WARMLINE_MUTANT_SEEDS", 60);

	for (int m = MUTANT_NONE + 1; m < MUTANTS; m++) {
		struct totals totals = {0};
		char why[400] = "";
		uint64_t seed = 1;

		while (seed <= most && live(seed, (enum mutant)m, &totals, why))
			seed++;
		print_message("%s: %s %llu%s%s\n", mutant_name((enum mutant)m),
			seed <= most ? "caught by seed" : "NOT caught by seeds 1 to",
			(unsigned long long)(seed <= most ? seed : most), *why ? ": " : "", why);
		assert_true(seed <= most);
	}
}

static int house_up(void **state)
{
	(void)state;
	struct problems problems = {0};

	house = solo_house();
	lexicons = lexicon_files_load("config/lexicons", &problems);
	house->lexicons = lexicons;
	problems_free(&problems);
	return lexicons ? 0 : -1;
}

static int house_down(void **state)
{
	(void)state;
	solo_house_free(&house);
	lexicons_free(&lexicons);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_promise_holds_after_every_step_of_every_history),
		cmocka_unit_test(the_same_seed_is_the_same_history),
		cmocka_unit_test(every_way_to_break_the_engine_is_noticed),
	};

	return cmocka_run_group_tests(tests, house_up, house_down);
}
