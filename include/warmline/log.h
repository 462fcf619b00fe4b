/*
 * One line per happening on stderr: time, program[pid], level, event word, key=value ….
 * Never a body, a name or a full number: log phone_mask() and ids.
 */
#ifndef WARMLINE_LOG_H
#define WARMLINE_LOG_H

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

void log_open(const char *program);
/* Lines below this level are not written: a command on a terminal speaks for itself. */
void log_least(enum log_level level);
void log_event(enum log_level level, const char *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same line at most once a minute per event word; what was left out is counted in the next. */
void log_limited(enum log_level level, const char *event, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
