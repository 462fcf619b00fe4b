/* warmline check: is the configuration right? Every problem at once, or what it says. */
#include "ctl/command.h"
#include "ctl/reach.h"

#include <platform/wording_cost.h>
#include <stdio.h>
#include <string.h>
#include <warmline/fail.h>

static void print_languages(const struct program *p)
{
	printf("  languages    ");
	for (size_t i = 0; i < p->nlanguages; i++)
		printf("%s%s", i ? ", " : "", p->languages[i]);
	printf("\n");
}

static void print_staff(const struct program *p, enum staff_role role, const char *label)
{
	const struct staff *one;

	for (size_t i = 0; (one = program_nth(p, role, i)); i++) {
		char masked[24];

		phone_mask(one->phone.text, masked, sizeof(masked));
		printf("  %-12s %s (%s)\n", i ? "" : label, one->name, masked);
	}
}

static void print_span(const char *label, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {{86400000, "day"}, {3600000, "hour"}, {60000, "minute"}, {1000, "second"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ms % units[i].ms == 0 && ms >= units[i].ms) {
			printf("  %-12s %lld %s%s\n", label, (long long)(ms / units[i].ms),
				units[i].name, ms == units[i].ms ? "" : "s");
			return;
		}
	}
	printf("  %-12s %lld ms\n", label, (long long)ms);
}

static void print_times(const struct program *p)
{
	if (p->days)
		printf("  %-12s every %d days at %02d:%02d, the person's own zone (else %s)\n",
			"check-in", p->days, p->hour_min / 60, p->hour_min % 60, p->zone);
	else
		print_span("check-in", p->every_ms);
	print_span("reminder", p->reminder_ms);
	print_span("missed", p->missed_ms);
	if (p->quiet)
		printf("  %-12s %02d:%02d to %02d:%02d\n", "quiet hours", p->quiet_from / 60,
			p->quiet_from % 60, p->quiet_to / 60, p->quiet_to % 60);
	print_span("next page", p->page_next_ms);
}

/* es missed: 2 segments because of "á". What a coordinator may want to say shorter. */
static void print_cost(const struct program *p, size_t language, enum wording_key key)
{
	struct wording_cost cost;

	if (!wording_cost_of(p, &p->wording[language], key, &cost) || cost.segments < 2)
		return;
	printf("  %s %s: %zu segments because of ", p->languages[language], wording_key_name(key),
		cost.segments);
	if (*cost.because)
		printf("\"%s\"", cost.because);
	else
		printf("its length");
	printf("%s\n", cost.long_name ? " (with a long name)" : "");
}

static void print_costs(const struct program *p)
{
	for (size_t i = 0; i < p->nlanguages; i++)
		for (int key = 0; key < WORDING_COUNT; key++)
			print_cost(p, i, (enum wording_key)key);
}

static void print_program(const struct program *p)
{
	char masked[24];

	phone_mask(p->number.text, masked, sizeof(masked));
	printf("program %s: number %s, signs as \"%s\", emergency number %s\n", p->id, masked,
		p->signs_as, p->emergency);
	print_languages(p);
	print_times(p);
	print_staff(p, STAFF_SUPPORTER, "supporters");
	print_staff(p, STAFF_ONCALL, "on call");
	print_staff(p, STAFF_SUPERVISOR, "supervisors");
	print_costs(p);
}

static void print_site(const struct site *site)
{
	printf("configuration %s\nstate folder  %s\n", site->config, site->state);
	printf("gateway       %s:%d, known outside as %s\n", site->listen, site->port,
		site->public_url);
	for (size_t i = 0; i < site->naccounts; i++)
		printf("%-13s %s\n", i ? "" : "provider",
			site->accounts[i].simulated ? "simulator" : site->accounts[i].name);
	if (*site->redis.path)
		printf("Redis         %s\n", site->redis.path);
	else
		printf("Redis         %s:%d\n", site->redis.host, site->redis.port);
}

/* Lexicons lie beside the configuration. */
static bool check_lexicons(const struct site *site, struct problems *problems)
{
	char folder[PATH_SIZE + 16];
	const char *slash = strrchr(site->config, '/');

	text_set(folder, sizeof(folder), "%.*slexicons",
		slash ? (int)(slash - site->config) + 1 : 0, site->config);
	return lexicons_check(folder, problems);
}

static int run(const struct call *call)
{
	struct problems problems = {.n = 0};
	struct site *site = call_site(call);
	int code = ENDED_PROBLEMS;

	if (!site)
		return code;
	if (check_lexicons(site, &problems)) {
		print_site(site);
		for (size_t i = 0; i < site->nprograms; i++)
			print_program(&site->programs[i]);
		if (!call_flag(call, "providers") || reach_print(site)) {
			printf("Everything is in order.\n");
			code = ENDED_WELL;
		}
	} else {
		problems_print(&problems);
	}
	problems_free(&problems);
	site_free(&site);
	return code;
}

static const struct command_option options[] = {
	{"providers", NULL, "also: what providers must be told, and whether they can reach us"},
	{NULL, NULL, NULL},
};

const struct command command_check = {
	.name = "check",
	.words = "",
	.summary = "Checks the configuration without starting anything",
	.text = "Prints every problem as file:line: what, expected what, and ends with 4; or what "
		"the\n"
		"configuration says, with the cost of every text that needs more than one "
		"segment.\n"
		"Crisis phrases are tried on the examples in their files. With --providers it "
		"prints\n"
		"the addresses that each provider must be told, and whether the provider calls\n"
		"another one (a proxy, a port, http for https).",
	.options = options,
	.run = run,
};
