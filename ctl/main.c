/*
 * warmline: the command. What it can do stands in the table below, one file each.
 */
#include "ctl/command.h"

#include <warmline/fail.h>
#include <warmline/log.h>

static const struct command *const commands[] = {
	&command_up,
	&command_init,
	&command_check,
	&command_ready,
	&command_enroll,
	&command_list,
	&command_show,
	&command_log,
	&command_explain,
	&command_demo,
	&command_screen,
	&command_version,
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *out)
{
	fprintf(out, "warmline: check-ins by text message for peer-support programs\n\n"
		     "warmline COMMAND [options]\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out,
		"\nwarmline COMMAND --help says more. The running instance is found by its state "
		"folder:\n--state, $WARMLINE_STATE, or ./state.\n\n"
		"Exit codes: 0 done, 1 it failed, 2 not understood, 3 nothing runs here,\n"
		"4 the configuration or a list has problems, 5 no such person.\n");
}

static const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static int unknown_command(const char *name)
{
	const char *names[COMMANDS], *near;

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i]->name;
	near = word_nearest(name, names, COMMANDS);
	fprintf(stderr, "warmline: there is no %s \"%s\".", *name == '-' ? "option" : "command",
		name);
	if (near)
		fprintf(stderr, " Did you mean \"%s\"?", near);
	fprintf(stderr, "\nSee: warmline --help\n");
	return ENDED_USAGE;
}

static bool is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct call call;
	int code;

	log_least(LOG_LEVEL_ERROR);
	if (argc < 2) {
		help(stderr);
		return ENDED_USAGE;
	}
	if (is_help(argv[1]) && argc > 2 && command_find(argv[2])) {
		call_help(command_find(argv[2]));
		return ENDED_WELL;
	}
	if (is_help(argv[1])) {
		help(stdout);
		return ENDED_WELL;
	}
	command = command_find(strcmp(argv[1], "--version") == 0 ? "version" : argv[1]);
	if (!command)
		return unknown_command(argv[1]);
	if (call_parse(&call, command, argc - 1, argv + 1, &code))
		code = command->run(&call);
	if (fflush(stdout) != 0 && code == ENDED_WELL) {
		fprintf(stderr, "warmline: the answer could not be written completely.\n");
		code = ENDED_FAILED;
	}
	return code;
}
