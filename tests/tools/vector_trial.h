/*
 * One vector of the files in tests/vectors/, tried on what is built: a segmentation vector on
 * sms_measure(), which the sender counts with; a signature vector on the adapter of its scheme.
 */
#ifndef TESTS_TOOLS_VECTOR_TRIAL_H
#define TESTS_TOOLS_VECTOR_TRIAL_H

#include <jansson.h>
#include <stddef.h>

enum trial {
	TRIAL_PASSED,
	TRIAL_FAILED,
	TRIAL_OPTIONAL, /* what is not required is not supported: counts neither way */
};

/* Encoding, units, number of parts and units in each. Failed: `why` has what differs. */
enum trial segmentation_try(const json_t *vector, char *why, size_t size);

/*
 * In a process of its own: a vector that brings an adapter down, or that it never ends with, has
 * failed and no more. Unknown schemes and incomplete vectors have failed too. `why` has a sentence
 * unless it passed.
 */
enum trial signature_try(const json_t *vector, char *why, size_t size);

#endif
