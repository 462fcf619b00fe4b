/*
 * A program as the coordinator wrote it in config/programs/NAME.yaml, checked and ready for
 * decide(). Read-only after loading; durations in ms, hours of the day in minutes since midnight.
 */
#ifndef WARMLINE_PROGRAM_H
#define WARMLINE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <warmline/phone.h>
#include <warmline/wording.h>

#define PROGRAM_ID_SIZE 40
#define LANGUAGE_SIZE   8
#define NAME_SIZE       64 /* UTF-8 bytes with NUL */
#define ZONE_SIZE       48
#define NUMBERS_MOST    16

enum staff_role { STAFF_SUPPORTER, STAFF_ONCALL, STAFF_SUPERVISOR };

struct staff {
	char name[NAME_SIZE];
	struct phone phone;
	char language[LANGUAGE_SIZE];
	enum staff_role role;
};

struct program {
	char id[PROGRAM_ID_SIZE];        /* file name without .yaml */
	struct phone number;             /* what participants text to; answers leave from it */
	struct phone more[NUMBERS_MOST]; /* further ones: of other providers, of a pool */
	size_t nmore;
	char signs_as[NAME_SIZE]; /* who writes, in texts: neutral, no program or condition name */
	char emergency[32];       /* the local emergency number named in safety texts: "911" */
	char zone[ZONE_SIZE];     /* for people whose zone is not known */
	char languages[4][LANGUAGE_SIZE]; /* the first is the default */
	size_t nlanguages;
	char join[4][24]; /* words that ask to join, any language, lower case */
	size_t njoin;

	/* Check-ins: either every `days` at the person's hour and weekday, or every `every_ms`
	 * after the last one (programs in minutes, such as the demo). Exactly one is not 0. */
	int days;
	int64_t every_ms;
	int64_t first_after_ms; /* only with every_ms: first check-in so long after joining */
	int weekday;           /* 0 Sunday; default for people who named none; only days % 7 == 0 */
	int hour_min;          /* default hour */
	int64_t reminder_ms;   /* after an unanswered check-in was sent */
	int64_t missed_ms;     /* after the reminder was sent */
	int64_t late_ms;       /* a check-in that could not leave for so long is dropped */
	int missed_supervisor; /* the supervisor is told at so many missed in a row */
	bool quiet;
	int quiet_from, quiet_to; /* local minutes; 21:00-09:00 wraps */

	int64_t page_next_ms;  /* nobody acknowledged: next person */
	int64_t page_stale_ms; /* a new crisis text after so long pages again though somebody took
				  it */
	bool page_details;     /* who acknowledged is told first name and number by text */

	bool plain_punctuation; /* curly quotes and the like leave as their plain look-alikes */
	bool redact;            /* providers are asked to take the words away after import */

	struct staff
		*staff; /* supporters: pool for people without one of their own; on call in order */
	size_t nstaff;
	struct wording wording[4]; /* as languages[] */
};

const struct program *program_find(const struct program *programs, size_t n, const char *id);
const struct program *program_of_number(const struct program *programs, size_t n, const char *e164);
bool program_has_number(const struct program *p, const char *e164);
const struct staff *program_staff(const struct program *p, const char *e164); /* NULL = none */
/* The n-th staff member of a role in file order; NULL behind the last. */
const struct staff *program_nth(const struct program *p, enum staff_role role, size_t n);
const struct wording *program_wording(const struct program *p, const char *language);

#endif
