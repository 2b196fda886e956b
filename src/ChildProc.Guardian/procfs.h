/*
 * procfs.h - who the children of a process are, as /proc tells.
 */
#ifndef CP_PROCFS_H
#define CP_PROCFS_H

/* A list of processes in growing memory. A zeroed list is empty. */
struct cp_list {
    struct cp_member *at;
    int count, capacity;
};

struct cp_member {
    int pid;
    int parent; /* index in the list, -1: this process itself */
};

/* 0 or -ENOMEM. */
int cp_list_add(struct cp_list *list, int pid, int parent);

void cp_list_free(struct cp_list *list);

/* No memory or no descriptor left, here or in the whole system: whoever looks has seen less than there is. */
int cp_is_shortage(long error);

/* Adds the children of every thread of process `pid`. 0, or -errno: a shortage, or that it is gone (-ENOENT, -ESRCH). */
int cp_children(int pid, int parent_index, struct cp_list *list);

/* The parent of the process behind a pidfd, or -errno. */
int cp_parent_of(int pidfd, int pid);

/* 1: the process whose directory in /proc this is has ended, reaped or not. */
int cp_has_ended(int directory);

/* 0 when the kernel has the `children` files (CONFIG_PROC_CHILDREN), they can be read here and /proc is of our
 * own PID namespace, or -errno. */
int cp_children_supported(void);

#endif
