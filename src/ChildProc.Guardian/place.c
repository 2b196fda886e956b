/* place.c - see place.h. */
#include "place.h"
#include "sys.h"

static int is_target(const struct cp_place *places, int count, int fd)
{
    for (int i = 0; i < count; i++)
        if (places[i].target == fd)
            return 1;
    return 0;
}

int cp_place_aside(const struct cp_place *places, int count, int fd)
{
    int lowest = 3;
    if (!is_target(places, count, fd))
        return fd;
    for (;;) {
        int copy = (int)sys_fcntl(fd, F_DUPFD_CLOEXEC_, lowest);
        if (copy < 0 || !is_target(places, count, copy))
            return copy;
        sys_close(copy);
        lowest = copy + 1;
    }
}

int cp_place_all(struct cp_place *places, int count, int *failed)
{
    /* First move every source out of the way of every target: swaps (1 <-> 2), chains (5 -> 4, 4 -> 6) and a place
     * onto itself (dup2(n, n) would keep CLOEXEC) then need no care at all (trap 30). */
    for (int i = 0; i < count; i++) {
        int moved = cp_place_aside(places, count, places[i].source);
        if (moved < 0) {
            *failed = i;
            return moved;
        }
        places[i].source = moved;
    }
    for (int i = 0; i < count; i++) {
        int r = (int)SYS3(NR_dup3, places[i].source, places[i].target, 0);
        if (r < 0) {
            *failed = i;
            return r;
        }
    }
    return 0;
}
