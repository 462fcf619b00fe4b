/*
 * `warmline demo`: two weeks of one program in virtual time, told as a story. The store is the
 * one in memory, the clock is ours, the carrier takes every text; every decision is the real one.
 */
#ifndef WARMLINE_CTL_DEMO_H
#define WARMLINE_CTL_DEMO_H

#include <stdio.h>
#include <warmline/site.h>

/* Prints the story; 0, or 1 when something went otherwise than the story says (said on stderr). */
int demo_run(const struct site *site, FILE *out);

#endif
