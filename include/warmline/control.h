/*
 * Negative controls: ways to break a promise on purpose, so that a test shows it would notice
 * (reliability.md D3). Compiled in only with `make CONTROLS=1`; elsewhere control_on() is the
 * constant false and the broken path is not in the binary. Set WARMLINE_CONTROL to one name:
 *
 *   answer-before-sync   the gateway answers before the journal is on disk
 *   no-fence-in-commit   a scheduler that lost its lease may commit
 *   no-fence-in-begin    a sender that lost its lease may send
 *   unknown-requeued     a text whose fate is unknown goes out again in lanes 1 and 2
 *   dedupe-by-text       two texts with equal words count as one
 *   stop-at-enqueue-only STOP is checked when a text is written, not when it is sent
 *
 * Lua sees the same name in CONTROL (functions/00_library.lua).
 */
#ifndef WARMLINE_CONTROL_H
#define WARMLINE_CONTROL_H

#ifdef WARMLINE_CONTROLS
#include <stdlib.h>
#include <string.h>
#define control_name()   (getenv("WARMLINE_CONTROL") ? getenv("WARMLINE_CONTROL") : "")
#define control_on(name) (strcmp(control_name(), (name)) == 0)
#else
#define control_name()   ""
#define control_on(name) 0
#endif

#endif
