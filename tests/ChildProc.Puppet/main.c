/* main.c - the tables of verbs, and the small things that all verbs share. */
#include "puppet.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

static void seq(char **arguments) { run_list(arguments, ","); }

static const struct verb s_here[] = {{"seq", seq, 1}, {0}};
const struct verb *const g_tables[] = {s_here, g_report_verbs, g_io_verbs, g_signal_verbs,
                                       g_tree_verbs, g_launch_verbs, g_pty_verbs, NULL};

void say(const char *format, ...)
{
    char line[8192];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (n > (int)sizeof line - 2)
        n = sizeof line - 2;
    line[n++] = '\n';
    if (write(1, line, (size_t)n) < 0 && errno == EPIPE)
        _exit(3);
}

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("puppet: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    exit(64);
}

long number(const char *text)
{
    char *end;
    long value = strtol(text, &end, 0);
    if (*end || end == text)
        fail("'%s' is no number", text);
    return value;
}

/* sigabbrev_np(3), which musl has not. */
const char *signal_name(int number)
{
    static const char *const names[] = {
        "", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM", "TERM", "STKFLT",
        "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "POLL", "PWR", "SYS"};
    return number > 0 && number < 32 ? names[number] : "";
}

int signal_number(const char *text)
{
    if (!strncmp(text, "SIG", 3))
        text += 3;
    for (int s = 1; s < 32; s++)
        if (!strcmp(signal_name(s), text))
            return s;
    return (int)number(text);
}

int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void sleep_ms(int64_t ms)
{
    for (int64_t end = now_ms() + (ms < DEADLINE_MS ? ms : DEADLINE_MS), left; (left = end - now_ms()) > 0;) {
        struct timespec t = {left / 1000, left % 1000 * 1000000};
        nanosleep(&t, NULL);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2)
        fail("usage: puppet VERB [ARGUMENT...]");
    run_verb(argv + 1);
    return 0;
}
