/* procfs.c - see procfs.h. */
#include "procfs.h"
#include "sys.h"

enum { FIRST_CAPACITY = 256 };

int cp_list_add(struct cp_list *list, int pid, int parent)
{
    if (list->count == list->capacity) {
        int capacity = list->capacity ? list->capacity * 2 : FIRST_CAPACITY;
        struct cp_member *grown = sys_map(capacity * sizeof *grown, MAP_PRIVATE_ | MAP_ANONYMOUS_, -1);
        if (!grown)
            return -ENOMEM_;
        if (list->capacity) {
            memcpy(grown, list->at, list->count * sizeof *grown);
            sys_unmap(list->at, list->capacity * sizeof *grown);
        }
        list->at = grown;
        list->capacity = capacity;
    }
    list->at[list->count++] = (struct cp_member){pid, parent};
    return 0;
}

void cp_list_free(struct cp_list *list)
{
    if (list->capacity)
        sys_unmap(list->at, list->capacity * sizeof *list->at);
    *list = (struct cp_list){0};
}

int cp_is_shortage(long error)
{
    return error == -ENOMEM_ || error == -EMFILE_ || error == -ENFILE_;
}

/* Adds the numbers of one `children` file: "12 345 6 ". */
static int read_children(const char *path, int parent_index, struct cp_list *list)
{
    int fd = (int)sys_open(path, O_RDONLY_ | O_CLOEXEC_);
    if (fd < 0)
        return fd;
    char buffer[4096];
    int pid = 0;
    long n;
    while ((n = sys_read(fd, buffer, sizeof buffer)) > 0) {
        for (long i = 0; i < n; i++) {
            if (buffer[i] >= '0' && buffer[i] <= '9') {
                pid = pid * 10 + (buffer[i] - '0');
            } else if (pid) {
                int error = cp_list_add(list, pid, parent_index);
                pid = 0;
                if (error) {
                    sys_close(fd);
                    return error;
                }
            }
        }
    }
    sys_close(fd);
    return (int)n;
}

int cp_children(int pid, int parent_index, struct cp_list *list)
{
    char path[64], entries[1024];
    proc_path(path, pid, "/task");
    int tasks = (int)sys_open(path, O_RDONLY_ | O_DIRECTORY_ | O_CLOEXEC_);
    if (tasks < 0)
        return tasks;
    int error = 0;
    long n;
    while (!cp_is_shortage(error) && (n = SYS3(NR_getdents64, tasks, entries, sizeof entries)) > 0) {
        for (long i = 0; i < n && !cp_is_shortage(error);) {
            struct dirent64_ *entry = (struct dirent64_ *)(entries + i);
            i += entry->length;
            if (entry->name[0] == '.')
                continue;
            append_text(append_text(proc_path(path, pid, "/task/"), entry->name), "/children");
            error = read_children(path, parent_index, list); /* a thread that just ended is no fault */
        }
    }
    sys_close(tasks);
    return cp_is_shortage(error) ? error : 0;
}

/* struct pidfd_info and PIDFD_GET_INFO of include/uapi/linux/pidfd.h, since Linux 6.13. */
struct pidfd_info_ {
    uint64_t mask, cgroup_id;
    uint32_t pid, tgid, ppid, ids[8];
    int32_t exit_code;
};
enum { PIDFD_GET_INFO_ = 0xC0000000 | sizeof(struct pidfd_info_) << 16 | 0xFF << 8 | 11 };

/* Field 3 of a file /proc/<pid>/stat, the state, and field `number` of those behind it. 0 or -errno. */
static int read_stat(int directory, const char *path, char *state, int number, int *value)
{
    char buffer[512];
    int fd = (int)SYS4(NR_openat, directory, path, O_RDONLY_ | O_CLOEXEC_, 0);
    if (fd < 0)
        return fd;
    long n = sys_read(fd, buffer, sizeof buffer), i = n;
    sys_close(fd);
    while (i > 0 && buffer[i - 1] != ')') /* the end of the command, which may hold anything */
        i--;
    if (i <= 0 || i + 1 >= n)
        return -ESRCH_;
    *state = buffer[++i];
    for (int field = 3; field < number && i < n; i++)
        field += buffer[i] == ' ';
    for (*value = 0; i < n && buffer[i] >= '0' && buffer[i] <= '9'; i++)
        *value = *value * 10 + (buffer[i] - '0');
    return 0;
}

static int parent_from_stat(int pid)
{
    char path[64], state;
    int parent = 0;
    proc_path(path, pid, "/stat");
    int error = read_stat(AT_FDCWD_, path, &state, 4, &parent);
    return error < 0 ? error : parent;
}

int cp_has_ended(int directory)
{
    char state;
    int threads = 0;
    int error = read_stat(directory, "stat", &state, 20, &threads);
    /* Of a process whose first thread alone has ended the state is Z, too. */
    return error == -ENOENT_ || error == -ESRCH_ || (!error && (state == 'Z' || state == 'X') && threads <= 1);
}

int cp_parent_of(int pidfd, int pid)
{
    struct pidfd_info_ info;
    memset(&info, 0, sizeof info);
    info.mask = 1; /* PIDFD_INFO_PID */
    if (SYS3(NR_ioctl, pidfd, (unsigned)PIDFD_GET_INFO_, &info) == 0)
        return (int)info.ppid;
    return parent_from_stat(pid);
}

int cp_children_supported(void)
{
    char path[64], link[24];
    int self = (int)sys_getpid();
    /* A /proc of another PID namespace (unshare --pid without --mount-proc) has other numbers: other people's. */
    long n = SYS4(NR_readlinkat, AT_FDCWD_, "/proc/self", link, sizeof link - 1);
    if (n < 0)
        return (int)n;
    link[n] = 0;
    append_number(path, (uint64_t)self);
    for (long i = 0; i <= n; i++)
        if (link[i] != path[i])
            return -ESRCH_;
    append_text(append_number(proc_path(path, self, "/task/"), (uint64_t)self), "/children");
    long fd = sys_open(path, O_RDONLY_ | O_CLOEXEC_);
    if (fd >= 0)
        sys_close((int)fd);
    return fd < 0 ? (int)fd : 0;
}
