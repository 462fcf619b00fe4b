/*
 * What a short answer means. A keyword is the whole text (trimmed, case-folded, surrounding
 * punctuation and quotes off, accents optional), never a part of a sentence: "I want it all to
 * stop" is no STOP (PR1). FCC 47 CFR 64.1200(a)(10) lists the stop words; providers/README 5.
 * Words of every language always count, whatever language the person is noted under.
 */
#ifndef WARMLINE_KEYWORD_H
#define WARMLINE_KEYWORD_H

enum keyword {
	KEYWORD_NONE,
	KEYWORD_STOP,
	KEYWORD_START,
	KEYWORD_HELP,
	KEYWORD_YES,
	KEYWORD_NO,
	KEYWORD_GOOD, /* 1, good, bien … */
	KEYWORD_OK,   /* 2, ok, so so, regular … */
	KEYWORD_HARD, /* 3, hard, bad, difícil, mal … */
	KEYWORD_CALL, /* 4, call me, llámame … */
	KEYWORD_ACK,  /* ACK, got it, i have it, lo tengo … (staff) */
};

enum keyword keyword_of(const char *text);
/* The language of a short text that people of one language write: "es" for "unirme", "en" for
 * "good"; NULL when it may be any (STOP, YES and JOIN are taught to everybody). */
const char *keyword_language(const char *text);
/* "hour 18:30", "hora 18", "time 6pm": minutes since midnight, or -1. */
int keyword_hour(const char *text);
/* A lone number of 1-6 digits (with "#" or "case " before it): that number, or -1. */
int keyword_number(const char *text);
/* `text` folded as above equals one of the `n` words (24 bytes each). */
int keyword_among(const char *text, const char (*words)[24], int n);

#endif
