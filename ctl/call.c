#include "ctl/command.h"

#include <getopt.h>
#include <stdarg.h>
#include <warmline/fail.h>

/* Every command has these three. */
static const struct command_option common[] = {
	{"config", "FILE", "configuration instead of $WARMLINE_CONFIG or config/warmline.yaml"},
	{"state", "FOLDER", "state folder instead of $WARMLINE_STATE"},
	{"help", NULL, "this text"},
};
#define COMMON       (sizeof(common) / sizeof(common[0]))
#define OPTION_FIRST 256 /* getopt's value of the first option: above every letter */

static size_t own_options(const struct command *command)
{
	size_t n = 0;

	while (command->options && command->options[n].name)
		n++;
	return n;
}

/* Options are numbered: the command's own first, the common ones behind them. */
static const struct command_option *option_at(const struct command *command, size_t i)
{
	size_t own = own_options(command);

	if (i < own)
		return &command->options[i];
	return i < own + COMMON ? &common[i - own] : NULL;
}

static void option_help(const struct command_option *option)
{
	char left[48];

	text_set(left, sizeof(left), "--%s%s%s", option->name, option->value ? " " : "",
		option->value ? option->value : "");
	printf("  %-22s %s\n", left, option->help);
}

void call_help(const struct command *command)
{
	printf("warmline %s%s%s [options]\n\n%s.\n", command->name, *command->words ? " " : "",
		command->words, command->summary);
	if (*command->text)
		printf("\n%s\n", command->text);
	printf("\nOptions:\n");
	for (size_t i = 0; option_at(command, i); i++)
		option_help(option_at(command, i));
}

static int wrong(const struct command *command, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

static int wrong(const struct command *command, const char *format, va_list args)
{
	fprintf(stderr, "warmline %s: ", command->name);
	vfprintf(stderr, format, args);
	fprintf(stderr, "\nSee: warmline %s --help\n", command->name);
	return ENDED_USAGE;
}

int call_wrong(const struct call *call, const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	code = wrong(call->command, format, args);
	va_end(args);
	return code;
}

static int unknown_option(const struct call *call, const char *given)
{
	const char *names[OPTIONS_MAX + COMMON], *near;
	char word[64];
	size_t n = 0;

	text_set(word, sizeof(word), "%s", given + strspn(given, "-"));
	word[strcspn(word, "=")] = '\0';
	for (; option_at(call->command, n); n++)
		names[n] = option_at(call->command, n)->name;
	near = word_nearest(word, names, n);
	if (near)
		return call_wrong(call, "there is no option %s. Did you mean --%s?", given, near);
	return call_wrong(call, "there is no option %s.", given);
}

/* What getopt_long stopped at. */
static int option_error(const struct call *call, int found, char **argv)
{
	const char *given = argv[optind - 1];

	if (found == ':')
		return call_wrong(call, "%s needs a value behind it.", given);
	if (optopt >= OPTION_FIRST)
		return call_wrong(call, "%.*s takes no value.", (int)strcspn(given, "="), given);
	return unknown_option(call, given);
}

static int check_words(const struct call *call)
{
	const struct command *command = call->command;

	if (call->nwords < command->words_min)
		return call_wrong(call, "something is missing: warmline %s %s", command->name,
			command->words);
	if (call->nwords > command->words_max)
		return call_wrong(
			call, "\"%s\" is not expected here.", call->words[command->words_max]);
	return ENDED_WELL;
}

bool call_parse(struct call *call, const struct command *command, int argc, char **argv, int *code)
{
	struct option table[OPTIONS_MAX + COMMON + 1] = {{NULL, 0, NULL, 0}};
	int found;

	*call = (struct call){.command = command};
	for (size_t i = 0; option_at(command, i); i++)
		table[i] = (struct option){option_at(command, i)->name,
			option_at(command, i)->value ? required_argument : no_argument, NULL,
			OPTION_FIRST + (int)i};
	optind = 1;
	while ((found = getopt_long(argc, argv, ":", table, NULL)) >= OPTION_FIRST)
		call->values[found - OPTION_FIRST] = optarg ? optarg : "";
	if (found != -1) {
		*code = option_error(call, found, argv);
		return false;
	}
	call->words = argv + optind;
	call->nwords = argc - optind;
	if (call_flag(call, "help")) {
		call_help(command);
		*code = ENDED_WELL;
		return false;
	}
	*code = check_words(call);
	return *code == ENDED_WELL;
}

const char *call_option(const struct call *call, const char *name)
{
	for (size_t i = 0; option_at(call->command, i); i++)
		if (strcmp(option_at(call->command, i)->name, name) == 0)
			return call->values[i];
	fail_abort("warmline %s has no option %s", call->command->name, name);
}

bool call_flag(const struct call *call, const char *name)
{
	return call_option(call, name) != NULL;
}

struct site *call_site(const struct call *call)
{
	struct problems problems = {.n = 0};
	struct site *site =
		site_load(call_option(call, "config"), call_option(call, "state"), &problems);

	if (!site)
		problems_print(&problems);
	problems_free(&problems);
	return site;
}
