/* 64 random bits from the kernel: entropy for decisions, jitter, random starts. */
#ifndef SCHEDULER_CHANCE_H
#define SCHEDULER_CHANCE_H

#include <stdint.h>

uint64_t chance(void);

#endif
