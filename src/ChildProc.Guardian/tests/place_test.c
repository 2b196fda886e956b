/* place_test.c - descriptors at their numbers, by the real kernel, each case in a process of its own. */
#define _GNU_SOURCE
#include "../place.h"
#include "../sys.h"
#include "test.h"
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const s_files[] = {"/dev/null", "/dev/zero", "/dev/full"};

static int is(int fd, const char *path)
{
    struct stat a, b;
    return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_rdev == b.st_rdev && !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* Opens /dev/null, zero and full at `base`, base+1 and base+2 and places them as told. */
static int in_child(int base, const struct cp_place *places, int count)
{
    pid_t pid = fork();
    if (pid == 0) {
        struct cp_place copy[8];
        int failed, ok = 1;
        for (int i = 0; i < 3; i++) {
            int fd = fcntl(open(s_files[i], O_RDWR), F_DUPFD_CLOEXEC, 50);
            dup3(fd, base + i, O_CLOEXEC);
        }
        for (int i = 0; i < count; i++)
            copy[i] = places[i];
        if (cp_place_all(copy, count, &failed) != 0)
            _exit(2);
        for (int i = 0; i < count; i++)
            ok &= is(places[i].target, s_files[places[i].source - base]);
        _exit(ok ? 0 : 1);
    }
    int status;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(void)
{
    /* every way to put three descriptors onto 0, 1 and 2, themselves among 0, 1 and 2 */
    for (int code = 0; code < 27; code++) {
        struct cp_place places[3] = {{code % 3, 0}, {code / 3 % 3, 1}, {code / 9, 2}};
        CHECK(in_child(0, places, 3));
    }
    struct cp_place chain[] = {{5, 6}, {6, 7}, {7, 5}}, self[] = {{5, 5}, {6, 6}, {7, 7}}, spread[] = {{5, 3}, {5, 4}, {5, 200}};
    CHECK(in_child(5, chain, 3));
    CHECK(in_child(5, self, 3));
    CHECK(in_child(5, spread, 3));

    struct cp_place bad[] = {{12345, 3}};
    int failed = -1;
    CHECK(cp_place_all(bad, 1, &failed) == -EBADF_ && failed == 0);
    CHECK(cp_place_aside(bad, 1, 5) == 5);
    int moved = cp_place_aside((struct cp_place[]){{0, 1}, {0, 3}, {0, 4}}, 3, 1);
    CHECK(moved > 4 && (fcntl(moved, F_GETFD) & FD_CLOEXEC));
    return report();
}
