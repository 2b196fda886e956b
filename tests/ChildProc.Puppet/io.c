/* io.c - verbs that read, write, use time and memory, and end. */
#include "puppet.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static void write_all(int fd, const char *at, size_t left)
{
    while (left) {
        ssize_t n = write(fd, at, left);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            _exit(errno == EPIPE ? 3 : 4);
        at += n;
        left -= (size_t)n;
    }
}

static void cat(char **arguments)
{
    (void)arguments;
    static char buffer[65536];
    for (ssize_t n; (n = read(0, buffer, sizeof buffer)) > 0;)
        write_all(1, buffer, (size_t)n);
}

/* Three directions at once: a host that does not serve them all deadlocks. */
static void cat_both(char **arguments)
{
    (void)arguments;
    static char buffer[65536];
    for (ssize_t n; (n = read(0, buffer, sizeof buffer)) > 0;)
        for (int fd = 1; fd <= 2; fd++)
            write_all(fd, buffer, (size_t)n);
}

/* A write for every byte: no read of the host's finds whole lines or characters. */
static void cat_bytes(char **arguments)
{
    (void)arguments;
    char byte;
    while (read(0, &byte, 1) == 1)
        write_all(1, &byte, 1);
}

/* Byte i is (i * 131 + i / 257) & 0xff. */
static void flood(char **arguments)
{
    static char buffer[65536];
    uint64_t total = (uint64_t)number(arguments[0]);
    for (uint64_t i = 0; i < total;) {
        size_t n = 0;
        for (; n < sizeof buffer && i < total; n++, i++)
            buffer[n] = (char)(i * 131 + i / 257);
        write_all(1, buffer, n);
    }
}

/* As fast as a pipe takes it: nothing is computed. */
static void zeros(char **arguments)
{
    static const char buffer[65536];
    for (uint64_t left = (uint64_t)number(arguments[0]); left > 0;) {
        size_t n = left < sizeof buffer ? left : sizeof buffer;
        write_all(1, buffer, n);
        left -= n;
    }
}

static void flood_lines(char **arguments)
{
    long lines = number(arguments[0]);
    for (long i = 0; i < lines; i++)
        say("line %ld", i);
}

static void count_stdin(char **arguments)
{
    (void)arguments;
    static unsigned char buffer[65536];
    uint64_t bytes = 0, hash = 14695981039346656037u;
    for (ssize_t n; (n = read(0, buffer, sizeof buffer)) > 0; bytes += (uint64_t)n)
        for (ssize_t i = 0; i < n; i++)
            hash = (hash ^ buffer[i]) * 1099511628211u;
    say("%llu %016llx", (unsigned long long)bytes, (unsigned long long)hash);
}

static void write_fd(char **arguments) { dprintf((int)number(arguments[0]), "%s\n", arguments[1]); }

static void read_fd(char **arguments)
{
    char text[4096];
    ssize_t n = read((int)number(arguments[0]), text, sizeof text - 1);
    if (n < 0) {
        say("error %d", errno);
        return;
    }
    text[n] = 0;
    text[strcspn(text, "\n")] = 0;
    say("%s", text);
}

static void reopen_stdout(char **arguments)
{
    int fd = open("/dev/stdout", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        fail("/dev/stdout: %s", strerror(errno));
    dprintf(fd, "%s\n", arguments[0]);
    close(fd);
}

static void make_directory(char **arguments)
{
    if (mkdir(arguments[0], 0700)) {
        say("errno %d", errno);
        return;
    }
    rmdir(arguments[0]);
    say("made");
}

static void close_fd(char **arguments) { close((int)number(arguments[0])); }

static void chatty(char **arguments)
{
    for (long i = 0, lines = number(arguments[0]); i < lines; i++) {
        char line[64];
        int n = sprintf(line, "chat %ld\n", i);
        write_all(1 + (int)(i & 1), line, (size_t)n);
    }
}

static int wait_readable(void)
{
    struct pollfd p = {0, POLLIN, 0};
    for (int64_t end = now_ms() + DEADLINE_MS, left; (left = end - now_ms()) > 0;)
        if (poll(&p, 1, (int)left) > 0)
            return 1;
    return 0;
}

size_t read_input(char *to, size_t room)
{
    ssize_t n = wait_readable() ? read(0, to, room) : 0;
    return n > 0 ? (size_t)n : 0;
}

static void burn(char **arguments)
{
    struct timespec t = {0, 0};
    int64_t wanted = number(arguments[0]);
    while (t.tv_sec * 1000 + t.tv_nsec / 1000000 < wanted) {
        for (volatile int i = 0; i < 100000; i++)
            ;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    }
}

static void alloc(char **arguments)
{
    size_t bytes = (size_t)number(arguments[0]) << 20;
    char *p = malloc(bytes);
    if (!p)
        fail("no memory");
    for (size_t i = 0; i < bytes; i += 4096)
        ((volatile char *)p)[i] = 1;
    free(p);
}

static void sleep_verb(char **arguments) { sleep_ms(number(arguments[0])); }
static void pause_verb(char **arguments) { (void)arguments; sleep_ms(DEADLINE_MS); }
static void exit_verb(char **arguments) { _exit((int)number(arguments[0])); }

static void exec_verb(char **arguments)
{
    execv(arguments[0], arguments);
    fail("%s: %s", arguments[0], strerror(errno));
}

const struct verb g_io_verbs[] = {
    {"cat", cat, 0}, {"cat-both", cat_both, 0}, {"cat-bytes", cat_bytes, 0}, {"flood", flood, 1}, {"zeros", zeros, 1},
    {"flood-lines", flood_lines, 1}, {"count-stdin", count_stdin, 0}, {"write-fd", write_fd, 2}, {"read-fd", read_fd, 1},
    {"reopen-stdout", reopen_stdout, 1}, {"close", close_fd, 1}, {"make-directory", make_directory, 1}, {"chatty", chatty, 1}, {"read-line", read_line, 0},
    {"wait-eof", wait_eof, 0}, {"burn-ms", burn, 1}, {"alloc-mb", alloc, 1}, {"sleep-ms", sleep_verb, 1},
    {"pause", pause_verb, 0}, {"exit", exit_verb, 1}, {"exec", exec_verb, 1}, {0}};
