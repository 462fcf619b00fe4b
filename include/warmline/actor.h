/*
 * Who lives in the store: a person (one telephone line) or a case (an open concern).
 *
 * An id says where its actor lives: kind letter, two hex digits of the partition, dash, 16 hex
 * digits ("p2a-0123456789abcdef"). 64 partitions, fixed for the life of an installation.
 * A new person's id comes from the blind index of the number, a case's id from the event that
 * opened it: the same cause always makes the same id, so a repeated decision makes nothing twice.
 */
#ifndef WARMLINE_ACTOR_H
#define WARMLINE_ACTOR_H

#include <stdbool.h>
#include <stdint.h>

#define PARTITIONS  64
#define ACTOR_SIZE  24 /* with NUL */
#define BLIND_SIZE  33 /* 32 hex digits (128-bit keyed hash of an E.164 number) and NUL */
#define JOB_ID_SIZE 40 /* "<actor>.<number>" */

enum actor_kind { ACTOR_PERSON = 'p', ACTOR_CASE = 'c' };

struct actor_id {
	char text[ACTOR_SIZE];
};

bool actor_parse(const char *text, struct actor_id *id);
enum actor_kind actor_kind(const char *id);
int actor_partition(const char *id);    /* -1 when `id` is no actor id */
int blind_partition(const char *blind); /* low six bits of the keyed hash */
void actor_of_blind(const char *blind, struct actor_id *id);
/* A case lives in the partition of the person it is about. */
void actor_of_case(const char *person, const char *cause_event_id, struct actor_id *id);
/* Four digits that a human types: "4821". Derived from the id. */
void case_number(const char *case_id, char number[5]);
uint64_t text_hash(const char *text); /* FNV-1a, for ids and jitter; no secrecy */

#endif
