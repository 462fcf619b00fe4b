/* Accounts at providers: every shipped file loads with its secrets, and says what it lacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/site_copy.h"

#include <cmocka.h>
#include <sys/stat.h>
#include <warmline/fail.h>

#define API     "api: 0123456789abcdef\n"
#define WEBHOOK "webhook: fedcba9876543210\n"
#define PATH    "path: 00112233445566778899aabbccddeeff\n"

/* --- what ships ------------------------------------------------------------------------------ */

static char *secrets_for(const struct provider *p)
{
	return xasprintf("# secrets\n%s%s%s", p->needs & NEED_API_SECRET ? API : "",
		p->needs & NEED_WEBHOOK ? WEBHOOK : "", p->needs & NEED_PATH_TOKEN ? PATH : "");
}

static void write_secrets(const char *kind, const char *text)
{
	char name[64], path[160];

	snprintf(name, sizeof(name), "%s.secrets", kind);
	copy_spit(name, text);
	snprintf(path, sizeof(path), "%s/%s", copy_folder, name);
	assert_int_equal(chmod(path, 0600), 0);
}

/* One program on this provider: nothing changes but warmline.yaml. */
static void choose(const char *kind)
{
	char list[64];

	copy_fresh();
	snprintf(list, sizeof(list), "providers: [%s]", kind);
	copy_edit("warmline.yaml", "provider:\n  kind: simulator", list);
	copy_edit("warmline.yaml", "  port: 8080",
		"  port: 8080\n  public_url: https://w.example.org");
}

static void every_shipped_file_loads_with_its_secrets(void **state)
{
	(void)state;
	for (size_t i = 0; providers_all[i]; i++) {
		const struct provider *p = providers_all[i];
		char *secrets = secrets_for(p);
		struct site *site;

		choose(p->kind);
		write_secrets(p->kind, secrets);
		site = copy_site();
		assert_int_equal(site->naccounts, 1);
		assert_string_equal(site->accounts[0].kind, p->kind);
		assert_string_equal(site->accounts[0].name, p->kind);
		assert_true(*site->accounts[0].id);
		assert_true(*site->accounts[0].api_url);
		assert_int_equal(site->accounts[0].nnumbers, site->nprograms);
		assert_false(site->simulator);
		site_free(&site);
		free(secrets);
	}
}

/* A route whose secret is missing refuses to start, with the sentence that says what to set. */
static void every_missing_secret_is_named(void **state)
{
	static const struct {
		unsigned need;
		const char *line, *told;
	} lines[] = {{NEED_API_SECRET, API, "no line \"api: ...\""},
		{NEED_WEBHOOK, WEBHOOK, "no line \"webhook: ...\""},
		{NEED_PATH_TOKEN, PATH, "no line \"path: ...\""}};

	(void)state;
	for (size_t i = 0; providers_all[i]; i++) {
		const struct provider *p = providers_all[i];

		for (size_t j = 0; j < sizeof(lines) / sizeof(lines[0]); j++) {
			char *secrets = secrets_for(p), *line = strstr(secrets, lines[j].line),
			     *all;

			if (!(p->needs & lines[j].need) ||
				(p->one_secret && lines[j].need == NEED_API_SECRET)) {
				free(secrets);
				continue;
			}
			memset(line, '#', strlen(lines[j].line) - 1);
			choose(p->kind);
			write_secrets(p->kind, secrets);
			all = copy_problems();
			if (!strstr(all, lines[j].told) || !strstr(all, "expected") ||
				!strstr(all, p->title) || !strstr(all, ".yaml:"))
				fail_msg("%s without %s: %s", p->kind, lines[j].line, all);
			free(all);
			free(secrets);
		}
	}
}

static void a_provider_that_signs_nothing_is_not_taken_without_a_path(void **state)
{
	(void)state;
	for (size_t i = 0; providers_all[i]; i++) {
		const struct provider *p = providers_all[i];

		if (!(p->needs & (NEED_WEBHOOK | NEED_PATH_TOKEN)))
			fail_msg("anybody could post to %s", p->kind);
	}
}

/* --- several accounts ------------------------------------------------------------------------ */

#define TWO                                                                                        \
	"providers:\n"                                                                             \
	"  - {name: a, kind: simulator}\n"                                                         \
	"  - {name: b, kind: simulator, speaks: telnyx, numbers: [+12025550102]%s}"

static void two(const char *more)
{
	char list[256];

	copy_fresh();
	snprintf(list, sizeof(list), TWO, more);
	copy_edit("warmline.yaml", "provider:\n  kind: simulator", list);
}

static void numbers_belong_to_accounts(void **state)
{
	struct site *site;

	(void)state;
	two(", countries: [+1, +1202], weight: 50");
	copy_edit("programs/demo.yaml", "number: +12025550100",
		"number: +12025550100\nmore_numbers: [+12025550102]");
	site = copy_site();
	assert_int_equal(site->naccounts, 2);
	assert_true(account_has_number(&site->accounts[0], "+12025550100"));
	assert_true(account_has_number(&site->accounts[0], "+12025550101"));
	assert_false(account_has_number(&site->accounts[0], "+12025550102"));
	assert_true(account_has_number(&site->accounts[1], "+12025550102"));
	assert_int_equal(account_reach(&site->accounts[0], "+4912345678"), 0);
	assert_int_equal(account_reach(&site->accounts[1], "+4912345678"), -1);
	assert_int_equal(account_reach(&site->accounts[1], "+13135550100"), 2);
	assert_int_equal(account_reach(&site->accounts[1], "+12025550100"), 5);
	assert_int_equal(site->accounts[1].weight, 50);
	assert_ptr_equal(site_simulated(site, "telnyx"), &site->accounts[1]);
	assert_ptr_equal(account_find(site->accounts, 2, "b"), &site->accounts[1]);
	site_free(&site);
}

static void expect(const char *sentence)
{
	char *all = copy_problems();

	if (!strstr(all, sentence) || !strstr(all, "expected"))
		fail_msg("\"%s\" is not told: %s", sentence, all);
	free(all);
}

static void mistakes_with_accounts_are_told(void **state)
{
	(void)state;
	two("");
	expect("b has the number +12025550102 that no program has");
	two(", countries: [US]");
	expect("countries: expected at most");
	two(", networks: [10.0.0.0/40]");
	expect("networks: expected at most");
	two("");
	copy_edit("warmline.yaml", "name: b", "name: a");
	expect("two providers are called \"a\"");
	two("");
	copy_edit("warmline.yaml", "name: b", "name: metrics");
	expect("cannot be called \"metrics\"");
	two("");
	copy_edit("warmline.yaml", "name: b", "name: B/x");
	expect("cannot be part of an address");
	two(", wieght: 3");
	expect("unknown setting \"wieght\", expected perhaps \"weight\"");
	two(", weight: 101");
	expect("weight");
	copy_fresh();
	copy_edit("warmline.yaml", "provider:\n  kind: simulator",
		"provider:\n  kind: simulator\nproviders: [twilio]");
	expect("stands beside providers");
	copy_fresh();
	copy_edit("warmline.yaml", "provider:\n  kind: simulator", "providers: [nosuch]");
	expect("providers/nosuch.yaml");
	copy_fresh();
	copy_edit("warmline.yaml", "provider:\n  kind: simulator", "providers: []");
	expect("is empty, expected at least one provider");
}

static void secrets_that_do_not_fit_are_told_without_showing_them(void **state)
{
	static const char *const bad[][2] = {
		{API "webhook: short\n", "webhook line that does not fit"},
		{API WEBHOOK WEBHOOK WEBHOOK, "more than two webhook lines"},
		{API WEBHOOK "token: 0123456789abcdef\n", "a line \"token\" that is not known"},
		{API WEBHOOK "path: short-path-12345678\n", "path line that does not fit"},
		{API WEBHOOK "path: 00112233445566778899aabbccdd/../eeff\n", "other than letters"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char *all;

		choose("telnyx");
		write_secrets("telnyx", bad[i][0]);
		all = copy_problems();
		if (!strstr(all, bad[i][1]))
			fail_msg("%s: %s", bad[i][1], all);
		assert_null(strstr(all, "0123456789abcdef"));
		assert_null(strstr(all, "00112233"));
		free(all);
	}
}

static void a_public_address_that_cannot_be_called_is_told(void **state)
{
	(void)state;
	choose("telnyx");
	write_secrets("telnyx", API WEBHOOK);
	copy_edit("warmline.yaml", "https://w.example.org", "http://w.example.org");
	expect("cannot reach http://w.example.org safely");
	choose("telnyx");
	write_secrets("telnyx", API WEBHOOK);
	copy_edit("warmline.yaml", "https://w.example.org", "http://127.0.0.1:8080");
	expect("cannot call this machine back");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_shipped_file_loads_with_its_secrets),
		cmocka_unit_test(every_missing_secret_is_named),
		cmocka_unit_test(a_provider_that_signs_nothing_is_not_taken_without_a_path),
		cmocka_unit_test(numbers_belong_to_accounts),
		cmocka_unit_test(mistakes_with_accounts_are_told),
		cmocka_unit_test(secrets_that_do_not_fit_are_told_without_showing_them),
		cmocka_unit_test(a_public_address_that_cannot_be_called_is_told),
	};

	return cmocka_run_group_tests(tests, copy_open, copy_close);
}
