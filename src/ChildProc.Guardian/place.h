/*
 * place.h - puts descriptors at the numbers where the child wants them, in the child.
 */
#ifndef CP_PLACE_H
#define CP_PLACE_H

enum { CP_MAX_PLACES = 3 + 240 };

struct cp_place {
    int source; /* any open descriptor with CLOEXEC; it may be the target of another place */
    int target;
};

/*
 * Every target is a duplicate of its source afterwards, without CLOEXEC. Targets are distinct; sources may repeat,
 * and may be swapped or chained in any way. 0, or -errno with `*failed` the index of the place.
 */
int cp_place_all(struct cp_place *places, int count, int *failed);

/* `fd`, or a duplicate of it (CLOEXEC) where no place will overwrite it, or -errno. */
int cp_place_aside(const struct cp_place *places, int count, int fd);

#endif
