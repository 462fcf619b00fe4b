/*
 * A command of `warmline`: one file each, one constant entry, listed in main.c. Options are
 * written down once, as a table: parsing, --help and "did you mean" all read it.
 */
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <warmline/site.h>

/* Exit codes, documented in warmline(1) and in `warmline --help`. */
enum ended {
	ENDED_WELL = 0,
	ENDED_FAILED = 1,      /* it was tried and did not work */
	ENDED_USAGE = 2,       /* the command was not understood; nothing was done */
	ENDED_NOT_RUNNING = 3, /* nothing runs here, or it does not answer */
	ENDED_PROBLEMS = 4,    /* the configuration or a list has problems, all of them printed */
	ENDED_NOT_FOUND = 5,   /* no such person */
};

#define OPTIONS_MAX 16

struct command_option {
	const char *name;  /* "number", without dashes */
	const char *value; /* "+E164"; NULL = a flag */
	const char *help;
};

struct call;
struct command {
	const char *name;
	const char *words; /* what stands behind the command: "PERSON" */
	const char *summary;
	const char *text; /* further lines for --help; "" = none */
	int words_min, words_max;
	const struct command_option *options; /* ends with a NULL name; NULL = none */
	int (*run)(const struct call *call);
};

struct call {
	const struct command *command;
	const char *values[OPTIONS_MAX + 3]; /* in the order of the options; NULL = not given */
	char **words;
	int nwords;
};

extern const struct command command_up, command_check, command_enroll, command_list, command_show,
	command_log, command_explain, command_demo, command_screen, command_version, command_init,
	command_ready;

/* Parses argv behind the command's name. True = run it; false = ended with `*code`. */
bool call_parse(struct call *call, const struct command *command, int argc, char **argv, int *code);
void call_help(const struct command *command);
/* The value of an option, "" for a flag that is there, NULL when it was not given. */
const char *call_option(const struct call *call, const char *name);
bool call_flag(const struct call *call, const char *name);
/* Prints the sentence and where to read more; returns ENDED_USAGE. */
int call_wrong(const struct call *call, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The configuration for --config and --state. NULL: problems were printed (ENDED_PROBLEMS). */
struct site *call_site(const struct call *call);

/* The nearest of `n` words, for "did you mean"; NULL when none is near. */
const char *word_nearest(const char *word, const char *const *words, size_t n);

#endif
