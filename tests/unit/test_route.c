/* By which account a text leaves: tables of accounts, people and what has happened. */
#include "core/route.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define US "+12025550111"

/* --- a site of accounts ---------------------------------------------------------------------- */

static struct account accounts[3];
static struct phone pools[3][8];
static struct route_health health[3];
static struct program program;
static size_t naccounts;

static void account_add(const char *name, const char *countries, const char *numbers, int weight)
{
	struct account *a = &accounts[naccounts];
	char list[200], *rest, *item;

	*a = (struct account){.numbers = pools[naccounts], .weight = weight};
	snprintf(a->name, sizeof(a->name), "%s", name);
	snprintf(list, sizeof(list), "%s", countries);
	for (rest = list; (item = strsep(&rest, " ")) && *item;)
		snprintf(a->countries[a->ncountries++], 8, "%s", item);
	snprintf(list, sizeof(list), "%s", numbers);
	for (rest = list; (item = strsep(&rest, " ")) && *item;) {
		snprintf(a->numbers[a->nnumbers++].text, sizeof(a->numbers[0].text), "%s", item);
		snprintf(program.more[program.nmore++].text, sizeof(program.more[0].text), "%s",
			item);
	}
	route_health_open(&health[naccounts++], weight, 0);
}

/* A and B carry everything, C only Britain, and better. */
static int setup(void **state)
{
	(void)state;
	naccounts = 0;
	program = (struct program){.nmore = 0};
	account_add("a", "", "+12025550100", 100);
	account_add("b", "", "+12025550101", 100);
	account_add("c", "+44", "+447700900001", 100);
	return 0;
}

static struct route_query about(const char *to)
{
	return (struct route_query){.accounts = accounts,
		.naccounts = naccounts,
		.health = health,
		.program = &program,
		.to = to,
		.from = "",
		.avoid = "",
		.lane = LANE_REPLY,
		.attempt = 1};
}

/* "ab": names in order. */
static const char *order_of(const struct route_query *q)
{
	static char text[8];
	struct route_order order;

	route_find(q, &order);
	for (size_t i = 0; i < order.n; i++)
		text[i] = accounts[order.routes[i].account].name[0];
	text[order.n] = '\0';
	return text;
}

static char first_for(const char *to)
{
	struct route_query q = about(to);

	return order_of(&q)[0];
}

/* Of a thousand Americans, so many go first by the account [i]. */
static int share_of(size_t i)
{
	int n = 0;

	for (int person = 0; person < 1000; person++) {
		char to[20];

		snprintf(to, sizeof(to), "+1202555%04d", person);
		n += first_for(to) == accounts[i].name[0];
	}
	return n;
}

static void sicken(size_t i, int64_t now_ms)
{
	for (int n = 0; n < 5; n++)
		route_health_failed(health, naccounts, i, now_ms);
	assert_true(health[i].sick);
}

/* --- who may --------------------------------------------------------------------------------- */

static void the_longest_prefix_goes_first(void **state)
{
	struct route_query britain = about("+447700900123"), us = about(US);

	(void)state;
	assert_int_equal(order_of(&britain)[0], 'c');
	assert_int_equal(strlen(order_of(&britain)), 3);
	assert_int_equal(strlen(order_of(&us)), 2);
	assert_null(strchr(order_of(&us), 'c'));
}

static void without_a_number_of_the_program_there_is_no_route(void **state)
{
	struct route_query q = about(US);

	(void)state;
	accounts[0].nnumbers = 0;
	assert_string_equal(order_of(&q), "b");
	program.nmore = 0;
	assert_string_equal(order_of(&q), "");
	q.program = NULL;
	assert_string_equal(order_of(&q), "");
}

static void a_country_that_nobody_reaches_is_no_route(void **state)
{
	struct route_query q = about("+4915123456789");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		accounts[i].ncountries = 1;
		snprintf(accounts[i].countries[0], 8, "+1");
	}
	assert_string_equal(order_of(&q), "");
}

/* --- habits ---------------------------------------------------------------------------------- */

static void the_number_that_a_person_knows_wins(void **state)
{
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct route_query q = about(US);
		struct route_order order;

		q.from = accounts[i].numbers[0].text;
		route_find(&q, &order);
		assert_int_equal(order.routes[0].account, i);
		assert_true(order.routes[0].known);
		assert_string_equal(order.routes[0].from, q.from);
		assert_false(order.routes[1].known);
	}
}

static void a_number_of_another_program_is_nobodys_habit(void **state)
{
	struct route_query q = about(US);
	struct route_order order;

	(void)state;
	snprintf(accounts[1].numbers[accounts[1].nnumbers++].text, 17, "+12025550199");
	q.from = "+12025550199";
	route_find(&q, &order);
	assert_int_equal(order.n, 2);
	assert_false(order.routes[0].known);
	assert_false(order.routes[1].known);
}

static void weights_are_shares(void **state)
{
	static const struct {
		int a, b, least, most;
	} table[] = {{100, 100, 450, 550}, {75, 25, 700, 800}, {10, 90, 70, 130},
		{100, 0, 1000, 1000}, {0, 1, 0, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		health[0].weight = table[i].a;
		health[1].weight = table[i].b;
		assert_in_range(share_of(0), table[i].least, table[i].most);
	}
}

/* Points that an account loses move some of its people, and nobody else. */
static void a_shift_moves_only_whom_it_must(void **state)
{
	char before[1000];
	int moved = 0;

	(void)state;
	for (int pass = 0; pass < 2; pass++) {
		for (int person = 0; person < 1000; person++) {
			char to[20], now;

			snprintf(to, sizeof(to), "+1202555%04d", person);
			now = first_for(to);
			if (pass && now != before[person]) {
				assert_int_equal(before[person], 'a');
				moved++;
			}
			before[person] = now;
		}
		health[0].weight = 80;
	}
	assert_in_range(moved, 20, 120);
}

static void a_pool_sticks_to_the_person_and_grows_quietly(void **state)
{
	const char *before[1000];
	int used[3] = {0}, moved = 0;

	(void)state;
	naccounts = 0;
	program.nmore = 0;
	account_add("a", "", "+12025550100 +12025550101", 100);
	for (int pass = 0; pass < 2; pass++) {
		for (int person = 0; person < 1000; person++) {
			char to[20];
			struct route_query q = about(to);
			struct route_order order;

			snprintf(to, sizeof(to), "+1202555%04d", person);
			route_find(&q, &order);
			if (pass && order.routes[0].from != before[person]) {
				assert_string_equal(order.routes[0].from, "+12025550102");
				moved++;
			}
			used[order.routes[0].from[11] - '0'] += pass;
			before[person] = order.routes[0].from;
		}
		if (pass == 0) {
			snprintf(pools[0][accounts[0].nnumbers++].text, 17, "+12025550102");
			snprintf(program.more[program.nmore++].text, 17, "+12025550102");
		}
	}
	assert_in_range(moved, 280, 390);
	for (size_t i = 0; i < 3; i++)
		assert_in_range(used[i], 280, 390);
}

/* --- trouble --------------------------------------------------------------------------------- */

static void the_sick_stand_behind_and_carry_only_pages(void **state)
{
	struct route_query q = about(US);

	(void)state;
	q.from = accounts[0].numbers[0].text;
	sicken(0, 1000);
	q.now_ms = 1001;
	assert_string_equal(order_of(&q), "b");
	q.lane = LANE_CRISIS;
	assert_string_equal(order_of(&q), "ba");
	/* Half open: a routine text may try, a page tries nothing out. */
	q.now_ms = 31000;
	assert_string_equal(order_of(&q), "ba");
	q.lane = LANE_SCHEDULED;
	assert_string_equal(order_of(&q), "ab");
	route_health_tried(&health[0], 31000);
	assert_string_equal(order_of(&q), "b");
}

static void the_only_one_that_reaches_is_used_though_sick(void **state)
{
	struct route_query q = about("+447700900123");

	(void)state;
	sicken(2, 0);
	assert_null(strchr(order_of(&q), 'c'));
	naccounts = 3;
	accounts[0].nnumbers = accounts[1].nnumbers = 0;
	assert_string_equal(order_of(&q), "c");
}

static void the_one_to_avoid_is_last(void **state)
{
	struct route_query q = about(US);

	(void)state;
	q.from = accounts[0].numbers[0].text;
	q.avoid = "a";
	assert_string_equal(order_of(&q), "ba");
	q.lane = LANE_CRISIS;
	sicken(1, 0);
	assert_string_equal(order_of(&q), "ba");
}

/* --- one after the other --------------------------------------------------------------------- */

static void later_attempts_go_round(void **state)
{
	static const struct {
		const char *order;
		size_t untried;
	} table[] = {{"ab", 2}, {"ba", 1}, {"ab", 0}, {"ba", 0}};
	struct route_query q = about(US);

	(void)state;
	q.from = accounts[0].numbers[0].text;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct route_order order;

		q.attempt = (int)i + 1;
		assert_string_equal(order_of(&q), table[i].order);
		route_find(&q, &order);
		assert_int_equal(order.untried, table[i].untried);
		assert_int_equal(order.all, 3);
	}
}

/* Its first failure made A sick and so changed the order: the second attempt is B's all the same.
 */
static void what_was_tried_is_not_first_again(void **state)
{
	struct route_query q = about(US);
	struct route_order order;

	(void)state;
	q.lane = LANE_CRISIS;
	q.from = accounts[0].numbers[0].text;
	sicken(0, 0);
	q.attempt = 2;
	q.tried = 1;
	assert_string_equal(order_of(&q), "ba");
	q.tried = 2; /* B was first, because A is sick */
	assert_string_equal(order_of(&q), "ab");
	route_find(&q, &order);
	assert_int_equal(order.untried, 1);
	q.tried = 3;
	q.attempt = 3;
	assert_string_equal(order_of(&q), "ba");
	route_find(&q, &order);
	assert_int_equal(order.untried, 0);
	q.attempt = 4;
	assert_string_equal(order_of(&q), "ab");
}

#define fresh(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		fresh(the_longest_prefix_goes_first),
		fresh(without_a_number_of_the_program_there_is_no_route),
		fresh(a_country_that_nobody_reaches_is_no_route),
		fresh(the_number_that_a_person_knows_wins),
		fresh(a_number_of_another_program_is_nobodys_habit),
		fresh(weights_are_shares),
		fresh(a_shift_moves_only_whom_it_must),
		fresh(a_pool_sticks_to_the_person_and_grows_quietly),
		fresh(the_sick_stand_behind_and_carry_only_pages),
		fresh(the_only_one_that_reaches_is_used_though_sick),
		fresh(the_one_to_avoid_is_last),
		fresh(later_attempts_go_round),
		fresh(what_was_tried_is_not_first_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
