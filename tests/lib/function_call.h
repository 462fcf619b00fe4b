/* The function library as Redis sees it, without the store around it. */
#ifndef TESTS_LIB_FUNCTION_CALL_H
#define TESTS_LIB_FUNCTION_CALL_H

#include <hiredis/hiredis.h>

/* Loads functions/ with CONTROL set to `control`, and `extra` Lua at its end. Aborts when refused.
 */
void functions_load(redisContext *c, const char *control, const char *extra);
/* FCALL verb 1 key, then the words up to NULL. The caller frees the reply. */
redisReply *function_call(redisContext *c, const char *verb, const char *key, ...)
	__attribute__((sentinel));
/* The same for functions that answer a number; an error aborts. */
long long function_number(redisContext *c, const char *verb, const char *key, ...)
	__attribute__((sentinel));

#endif
