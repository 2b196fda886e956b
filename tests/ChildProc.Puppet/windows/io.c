/* io.c - verbs that read, write, use time and memory, and end. */
#include "puppet.h"

static char s_buffer[BUFFER];

size_t read_input(char *to, size_t room)
{
    DWORD n = 0;
    return ReadFile(standard(0), to, (DWORD)room, &n, NULL) ? n : 0; /* a broken pipe is the end of it */
}

static void cat(char **arguments)
{
    (void)arguments;
    for (size_t n; (n = read_input(s_buffer, BUFFER));)
        write_all(standard(1), s_buffer, n);
}

static void cat_both(char **arguments)
{
    (void)arguments;
    for (size_t n; (n = read_input(s_buffer, BUFFER));)
        for (int to = 1; to <= 2; to++)
            write_all(standard(to), s_buffer, n);
}

static void cat_bytes(char **arguments)
{
    (void)arguments;
    char byte;
    while (read_input(&byte, 1))
        write_all(standard(1), &byte, 1);
}

/* Byte i is (i * 131 + i / 257) & 0xff. */
static void flood(char **arguments)
{
    uint64_t total = (uint64_t)number(arguments[0]);
    for (uint64_t i = 0; i < total;) {
        size_t n = 0;
        for (; n < BUFFER && i < total; n++, i++)
            s_buffer[n] = (char)(i * 131 + i / 257);
        write_all(standard(1), s_buffer, n);
    }
}

static void zeros(char **arguments)
{
    for (uint64_t left = (uint64_t)number(arguments[0]); left > 0;) {
        size_t n = left < BUFFER ? left : BUFFER;
        write_all(standard(1), s_buffer, n);
        left -= n;
    }
}

static void flood_lines(char **arguments)
{
    int64_t lines = number(arguments[0]);
    for (int64_t i = 0; i < lines; i++)
        say("line %lld", (long long)i);
}

static void count_stdin(char **arguments)
{
    (void)arguments;
    uint64_t bytes = 0, hash = 14695981039346656037u;
    for (size_t n; (n = read_input(s_buffer, BUFFER)); bytes += n)
        for (size_t i = 0; i < n; i++)
            hash = (hash ^ (unsigned char)s_buffer[i]) * 1099511628211u;
    say("%llu %016llx", (unsigned long long)bytes, (unsigned long long)hash);
}

static void chatty(char **arguments)
{
    for (int64_t i = 0, lines = number(arguments[0]); i < lines; i++) {
        char line[64];
        write_all(standard(1 + (int)(i & 1)), line, (size_t)sprintf(line, "chat %lld\n", (long long)i));
    }
}

static void close_fd(char **arguments) { CloseHandle(standard((int)number(arguments[0]))); }

static void write_fd(char **arguments)
{
    char line[8192];
    write_all(standard((int)number(arguments[0])), line, (size_t)snprintf(line, sizeof line, "%s\n", arguments[1]));
}

static void burn(char **arguments)
{
    uint64_t wanted = (uint64_t)number(arguments[0]) * 10000;
    for (FILETIME created, exited, kernel, user;;) {
        for (volatile int i = 0; i < 1000000; i++)
            ;
        GetProcessTimes(GetCurrentProcess(), &created, &exited, &kernel, &user);
        if (((uint64_t)user.dwHighDateTime << 32) + user.dwLowDateTime >= wanted)
            return;
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

static void sleep_verb(char **arguments)
{
    int64_t ms = number(arguments[0]);
    Sleep((DWORD)(ms < DEADLINE_MS ? ms : DEADLINE_MS));
}

static void pause_verb(char **arguments) { (void)arguments; Sleep(DEADLINE_MS); }
static void exit_verb(char **arguments) { ExitProcess((UINT)number(arguments[0])); }
static void crash(char **arguments) { (void)arguments; *(volatile int *)0 = 1; }

const struct verb g_io_verbs[] = {
    {"cat", cat, 0}, {"cat-both", cat_both, 0}, {"cat-bytes", cat_bytes, 0}, {"flood", flood, 1}, {"zeros", zeros, 1},
    {"flood-lines", flood_lines, 1}, {"count-stdin", count_stdin, 0}, {"chatty", chatty, 1}, {"read-line", read_line, 0},
    {"wait-eof", wait_eof, 0}, {"close", close_fd, 1}, {"write-fd", write_fd, 2}, {"burn-ms", burn, 1}, {"alloc-mb", alloc, 1},
    {"sleep-ms", sleep_verb, 1}, {"pause", pause_verb, 0}, {"exit", exit_verb, 1}, {"crash", crash, 0}, {0}};
